// What a person does in Thunderbird, by its own modules: loaded once into its window by thunderbird.py, which calls
// one function of `person` after the other. Answers are plain values; what goes wrong is thrown.
/* global ChromeUtils, Services, Cc, Ci */
const load = name => ChromeUtils.importESModule(`resource:///modules/${name}.sys.mjs`);
const { cal } = load("calendar/calUtils");
const { CalEvent } = load("CalEvent");
const { CalDavProvider } = load("CalDavProvider");
const { CardDAVUtils } = load("CardDAVUtils");
const { CardDAVDirectory } = load("CardDAVDirectory");
const { MailServices } = load("MailServices");
const { VCardUtils } = load("VCardUtils");
const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");

const until = async (condition, what) => {
  for (let i = 0; i < 600; i++) {
    const found = await condition();
    if (found) {
      return found;
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`Thunderbird: ${what} did not happen`);
};

const found = {}; // address -> what discovery has found there
const kept = {}; // address -> the calendar or book it became
const asked = []; // what dialogs have asked

const events = {
  // With the name of a host and nothing else, as in "New calendar, on the network".
  async discover(user, password, place) {
    const calendars = await CalDavProvider.detectCalendars(user, password, place, true);
    return calendars.map(calendar => {
      found[calendar.uri.filePath] = calendar;
      return [calendar.uri.filePath, { name: calendar.name, writable: !calendar.readOnly }];
    });
  },

  async open(href) {
    const calendar = found[href];
    calendar.setProperty("cache.enabled", true);
    cal.manager.registerCalendar(calendar);
    kept[href] = await until(() => cal.manager.getCalendarById(calendar.id), "a new calendar");
    await until(() => this.online(href).mWebdavSyncToken, "the first sync of a calendar");
  },

  // The calendar that talks to the server, behind the one that keeps a copy.
  online(href) {
    const cached = kept[href].wrappedJSObject;
    return cached.mUncachedCalendar.wrappedJSObject;
  },

  // Begins to; what it asked for comes in its own time.
  sync(href) {
    kept[href].refresh();
  },

  async items(href) {
    const all = await kept[href].getItemsAsArray(Ci.calICalendar.ITEM_FILTER_ALL_ITEMS, 0, null, null);
    return all.map(item => [item.id, { title: item.title, start: item.startDate.icalString }]);
  },

  async create(href, text) {
    await kept[href].addItem(new CalEvent(text));
  },

  async change(href, uid, changes) {
    const old = await kept[href].getItem(uid);
    const item = old.clone();
    if (changes.title) {
      item.title = changes.title;
    }
    if (changes.start) {
      const length = item.duration;
      item.startDate = cal.createDateTime(changes.start);
      item.endDate = item.startDate.clone();
      item.endDate.addDuration(length);
    }
    await kept[href].modifyItem(item, old);
  },

  async delete(href, uid) {
    await kept[href].deleteItem(await kept[href].getItem(uid));
  },

  server_schedules: href => events.online(href).hasAutoScheduling,

  async invitation(href, uid, address) {
    const item = await kept[href].getItem(uid);
    return item && {
      title: item.title,
      start: item.startDate.icalString,
      status: item.status,
      answer: item.getAttendeeById(address)?.participationStatus,
    };
  },

  // The button below an invitation.
  async answer(href, uid, address, answer) {
    const old = await kept[href].getItem(uid);
    const item = old.clone();
    const attendee = item.getAttendeeById(address).clone();
    item.removeAttendee(item.getAttendeeById(address));
    attendee.participationStatus = answer;
    item.addAttendee(attendee);
    await kept[href].modifyItem(item, old);
  },

  // As when another calendar is chosen in the window of an event.
  async move(href, uid, to) {
    const old = await kept[href].getItem(uid);
    const item = old.clone();
    item.calendar = kept[to];
    await kept[to].addItem(item);
    await kept[href].deleteItem(old);
  },
};

const contacts = {
  async discover(user, password, place) {
    const books = await CardDAVUtils.detectAddressBooks(user, password, `https://${place}`, false, true);
    return books.map(book => {
      found[book.url.pathname] = book;
      return [book.url.pathname, { name: book.name, writable: null }];
    });
  },

  async open(href) {
    const directory = await found[href].create();
    kept[href] = { directory, book: MailServices.ab.getDirectoryFromUID(directory.UID) };
    await until(() => directory._syncToken, "the first sync of a book");
  },

  async sync(href) {
    await kept[href].directory.syncWithServer();
  },

  card(href, uid) {
    return kept[href].book.childCards.find(card => card.UID === uid);
  },

  items(href) {
    return kept[href].book.childCards.map(card => [card.UID, { title: card.displayName }]);
  },

  async create(href, text) {
    const card = kept[href].book.addCard(VCardUtils.vCardToAbCard(text));
    await until(() => this.card(href, card.UID).getProperty("_etag", ""), "a new contact at the server");
  },

  async change(href, uid, changes) {
    const card = this.card(href, uid);
    const before = card.getProperty("_etag", "");
    const properties = card.vCardProperties;
    properties.getFirstEntry("fn").value = changes.title;
    card.vCardProperties = properties;
    kept[href].book.modifyCard(card);
    await until(() => this.card(href, uid).getProperty("_etag", "") !== before, "a changed contact at the server");
  },

  // It tells the server in its own time.
  delete(href, uid) {
    kept[href].book.deleteCards([this.card(href, uid)]);
  },

  async move(href, uid, to) {
    const card = this.card(href, uid);
    await this.create(to, card.vCardProperties.toVCard());
    this.delete(href, uid);
  },
};

globalThis.person = {
  events,
  contacts,

  version: () => Services.appinfo.version,

  // An authority whose certificates are believed.
  trust(certificate) {
    Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(certificate, "CT,,");
  },

  // The window that asks about a conflict is answered: overwrite what is on the server, or not.
  answer(overwrite) {
    asked.length = 0;
    Services.ww.registerNotification(function observe(window, topic) {
      if (topic !== "domwindowopened") {
        return;
      }
      window.addEventListener("load", () => {
        if (!window.location.href.includes("calendar-conflicts-dialog")) {
          return;
        }
        Services.ww.unregisterNotification(observe);
        asked.push(window.arguments[0].mode);
        const dialog = window.document.querySelector("dialog");
        setTimeout(() => (overwrite ? dialog.acceptDialog() : dialog.cancelDialog()), 0);
      });
    });
  },

  asked: () => asked,
};
