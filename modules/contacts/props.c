/* What address books say of themselves: RFC 6352, 6.2 and 7.1. */
#include "modules/contacts/props.h"

#include "auth/access.h"
#include "base/arena.h"
#include "base/macros.h"
#include "http/request.h"
#include "ical/card.h"
#include "ical/match.h"
#include "modules/contacts/contacts.h"
#include "modules/contacts/data.h"
#include "webdav/home.h"
#include "webdav/xml.h"

#define GETTER(name)                                                                               \
    static fallible name(struct request *rq UNUSED, const struct dav_node *node UNUSED,            \
        struct xml_out *x UNUSED, enum dav_got *got UNUSED)

GETTER(get_data_types)
{
    static const char *const versions[] = { "3.0", "4.0" };

    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        xml_open(x, NS_CARDDAV, "address-data-type");
        xml_attribute(x, "content-type", TEXT_VCARD);
        xml_attribute(x, "version", versions[i]);
        xml_close(x);
    }
    return NULL;
}

GETTER(get_size_max)
{
    xml_text(x, arena_printf(rq->arena, "%zu", CARD_SIZE));
    return NULL;
}

GETTER(get_collations)
{
    for (int i = 0; i < COLLATIONS; i++)
        xml_leaf(x, NS_CARDDAV, "supported-collation", ical_collations[i]);
    return NULL;
}

const struct dav_property addressbook_properties[] = {
    HOME_DISPLAYNAME,
    { NS_CARDDAV, "supported-address-data", ON_COLLECTION, .get = get_data_types },
    { NS_CARDDAV, "max-resource-size", ON_COLLECTION, .get = get_size_max },
    { NS_CARDDAV, "supported-collation-set", ON_COLLECTION, .get = get_collations },
    { .name = NULL },
};

const struct dav_property card_properties[] = {
    { NS_CARDDAV, "address-data", ON_MEMBER, .get = data_get, .ask = data_ask,
        .prepare = data_prepare },
    { .name = NULL },
};

GETTER(get_home)
{
    return home_get_set(rq, &contacts_home, AREA_CONTACTS, node, x, got);
}

const struct dav_property contacts_principal_properties[] = {
    { NS_CARDDAV, "addressbook-home-set", ON_ALL, .get = get_home },
    { .name = NULL },
};
