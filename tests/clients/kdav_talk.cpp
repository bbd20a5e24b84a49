// What a person does in KOrganizer and KAddressBook, by KDE's own DAV library, KDAV: its jobs, and a store like the one
// that its program keeps. Takes calls as lines of JSON, [part, name, ...], and answers each with one (desktop.py).
#include <KDAV/DavCollection>
#include <KDAV/DavCollectionsFetchJob>
#include <KDAV/DavItemCreateJob>
#include <KDAV/DavItemDeleteJob>
#include <KDAV/DavItemModifyJob>
#include <KDAV/DavItemsFetchJob>
#include <KDAV/DavItemsListJob>
#include <KDAV/DavUrl>
#include <KDAV/EtagCache>
#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>
#include <QRegularExpression>
#include <iostream>
#include <memory>
#include <stdexcept>

using namespace KDAV;

namespace
{

struct Failure : std::runtime_error {
    explicit Failure(const QString &text) : std::runtime_error(text.toStdString())
    {
    }
};

// A job that says what is wrong by itself, and that we keep until we have read its results.
template<typename Job, typename... Arguments>
std::unique_ptr<Job> made(Arguments &&...arguments)
{
    auto job = std::make_unique<Job>(std::forward<Arguments>(arguments)...);
    job->setAutoDelete(false);
    return job;
}

template<typename Job, typename... Arguments>
std::unique_ptr<Job> done(Arguments &&...arguments)
{
    auto job = made<Job>(std::forward<Arguments>(arguments)...);
    if (!job->exec()) {
        throw Failure(job->errorString());
    }
    return job;
}

QString lineOf(const QString &name, const QString &text)
{
    const QRegularExpression line(QStringLiteral("^%1[^:\\n]*:(.*?)\\r?$").arg(name), QRegularExpression::MultilineOption);
    return line.match(text).captured(1);
}

// A calendar or a book: the items as they were last fetched, by their addresses.
struct Place {
    DavUrl url;
    std::shared_ptr<EtagCache> etags = std::make_shared<EtagCache>();
    QMap<QString, DavItem> items;

    DavItem &withUid(const QString &uid)
    {
        for (auto &item : items) {
            if (lineOf(QStringLiteral("UID"), QString::fromUtf8(item.data())) == uid) {
                return item;
            }
        }
        throw Failure(QStringLiteral("there is no %1").arg(uid));
    }

    void keep(const DavItem &item)
    {
        items[item.url().toDisplayString()] = item;
        etags->setEtag(item.url().toDisplayString(), item.etag());
    }
};

class Part
{
public:
    Part(Protocol protocol, const QString &suffix, const QString &type, const QString &title)
        : m_protocol(protocol)
        , m_suffix(suffix)
        , m_type(type)
        , m_title(title)
    {
    }

    QJsonArray discover(const QString &url, const QString &user, const QString &password)
    {
        QUrl start(url);
        start.setUserName(user);
        start.setPassword(password);
        QJsonArray all;
        for (const auto &found : done<DavCollectionsFetchJob>(DavUrl(start, m_protocol))->collections()) {
            m_places[found.url().url().path()].url = found.url();
            all.append(QJsonArray{found.url().url().path(),
                                  QJsonObject{{QStringLiteral("name"), found.displayName()},
                                              {QStringLiteral("writable"), bool(found.privileges() & (Write | WriteContent | All))}}});
        }
        return all;
    }

    void sync(const QString &href)
    {
        Place &place = m_places[href];
        const auto list = done<DavItemsListJob>(place.url, place.etags);
        for (const auto &gone : list->deletedItems()) {
            place.etags->removeEtag(gone);
            place.items.remove(gone);
        }
        QStringList changed;
        for (const auto &item : list->changedItems()) {
            changed << item.url().toDisplayString();
        }
        if (changed.isEmpty()) {
            return;
        }
        for (const auto &item : done<DavItemsFetchJob>(place.url, changed)->items()) {
            place.keep(item);
        }
    }

    QJsonArray items(const QString &href)
    {
        QJsonArray all;
        for (const auto &item : qAsConst(m_places[href].items)) {
            const QString text = QString::fromUtf8(item.data());
            QJsonObject said{{QStringLiteral("title"), lineOf(m_title, text)}};
            if (m_protocol == CalDav) {
                said[QStringLiteral("start")] = lineOf(QStringLiteral("DTSTART"), text);
            }
            all.append(QJsonArray{lineOf(QStringLiteral("UID"), text), said});
        }
        return all;
    }

    void create(const QString &href, const QString &text)
    {
        Place &place = m_places[href];
        QUrl url = place.url.url();
        url.setPath(url.path() + lineOf(QStringLiteral("UID"), text) + m_suffix);
        const DavItem item(DavUrl(url, m_protocol), m_type, text.toUtf8(), QString());
        place.keep(done<DavItemCreateJob>(item)->item());
    }

    // "written", or "refused" when somebody else has changed it since; then the place has what that one wrote.
    QString change(const QString &href, const QString &uid, const QJsonObject &changes)
    {
        Place &place = m_places[href];
        DavItem item = place.withUid(uid);
        QString text = QString::fromUtf8(item.data());
        for (const auto &[name, line] : {std::pair(QStringLiteral("title"), m_title), {QStringLiteral("start"), QStringLiteral("DTSTART")}}) {
            if (changes.contains(name)) {
                text.replace(QRegularExpression(QStringLiteral("^%1:.*?(\\r?)$").arg(line), QRegularExpression::MultilineOption),
                             QStringLiteral("%1:%2\\1").arg(line, changes[name].toString()));
            }
        }
        item.setData(text.toUtf8());
        const auto job = made<DavItemModifyJob>(item);
        if (job->exec()) {
            place.keep(job->item());
            return QStringLiteral("written");
        }
        if (!job->hasConflict()) {
            throw Failure(job->errorString());
        }
        place.keep(job->freshItem());
        return QStringLiteral("refused");
    }

    // When mine is to stay, it is written once more, over what we were told is there.
    QString conflict(const QString &href, const QString &uid, const QJsonObject &changes, bool overwrite)
    {
        const QString first = change(href, uid, changes);
        return overwrite ? first + QStringLiteral(", then ") + change(href, uid, changes) : first;
    }

    void remove(const QString &href, const QString &uid)
    {
        Place &place = m_places[href];
        const DavItem item = place.withUid(uid);
        done<DavItemDeleteJob>(item);
        place.etags->removeEtag(item.url().toDisplayString());
        place.items.remove(item.url().toDisplayString());
    }

    void move(const QString &href, const QString &uid, const QString &to)
    {
        create(to, QString::fromUtf8(m_places[href].withUid(uid).data()));
        remove(href, uid);
    }

private:
    Protocol m_protocol;
    QString m_suffix, m_type, m_title;
    QMap<QString, Place> m_places;
};

QJsonValue call(Part &part, const QString &name, const QJsonArray &given)
{
    const auto text = [&given](int i) { return given[i].toString(); };
    if (name == QLatin1String("discover")) {
        return part.discover(text(0), text(1), text(2));
    }
    if (name == QLatin1String("items")) {
        return part.items(text(0));
    }
    if (name == QLatin1String("change")) {
        return part.change(text(0), text(1), given[2].toObject());
    }
    if (name == QLatin1String("conflict")) {
        return part.conflict(text(0), text(1), given[2].toObject(), given[3].toBool());
    }
    if (name == QLatin1String("open") || name == QLatin1String("sync")) {
        part.sync(text(0));
    } else if (name == QLatin1String("create")) {
        part.create(text(0), text(1));
    } else if (name == QLatin1String("delete")) {
        part.remove(text(0), text(1));
    } else if (name == QLatin1String("move")) {
        part.move(text(0), text(1), text(2));
    } else {
        throw Failure(QStringLiteral("no call %1").arg(name));
    }
    return QJsonValue();
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    Part events(CalDav, QStringLiteral(".ics"), QStringLiteral("text/calendar"), QStringLiteral("SUMMARY"));
    Part contacts(CardDav, QStringLiteral(".vcf"), QStringLiteral("text/vcard"), QStringLiteral("FN"));
    for (std::string line; std::getline(std::cin, line);) {
        QJsonArray given = QJsonDocument::fromJson(QByteArray::fromStdString(line)).array();
        const QString part = given.takeAt(0).toString();
        const QString name = given.takeAt(0).toString();
        QJsonObject answer;
        try {
            answer[QStringLiteral("value")] = call(part == QLatin1String("events") ? events : contacts, name, given);
        } catch (const Failure &failure) {
            answer[QStringLiteral("error")] = QString::fromUtf8(failure.what());
        }
        std::cout << QJsonDocument(answer).toJson(QJsonDocument::Compact).toStdString() << std::endl;
    }
}
