/* The fields of the form, as people read them. */
#include <stddef.h>

#include "base/macros.h"
#include "modules/contacts/pages.h"

const struct field_group contacts_groups[] = {
    { N_("Name"),
        {
            { CARD_GIVEN, N_("First name"), "text" },
            { CARD_FAMILY, N_("Last name"), "text" },
            { CARD_PREFIX, N_("Title before the name"), "text" },
            { CARD_MIDDLE, N_("Further first names"), "text" },
            { CARD_SUFFIX, N_("Addition behind the name"), "text" },
            { CARD_DISPLAY, N_("Shown as (empty: made of the names)"), "text" },
            { CARD_NICKNAME, N_("Nickname"), "text" },
        },
        .n = 7 },
    { N_("Organisation and position"),
        {
            { CARD_ORG, N_("Organisation"), "text" },
            { CARD_UNIT, N_("Department"), "text" },
            { CARD_TITLE, N_("Position"), "text" },
        },
        .n = 3 },
    { N_("How to reach them"),
        {
            { CARD_EMAIL, N_("E-mail"), "email" },
            { CARD_EMAIL_2, N_("Second e-mail"), "email" },
            { CARD_EMAIL_3, N_("Third e-mail"), "email" },
            { CARD_MOBILE, N_("Mobile phone"), "tel" },
            { CARD_WORK_PHONE, N_("Phone at work"), "tel" },
            { CARD_HOME_PHONE, N_("Phone at home"), "tel" },
            { CARD_OTHER_PHONE, N_("Another phone"), "tel" },
            { CARD_FAX, N_("Fax"), "tel" },
        },
        .n = 8 },
    { N_("Address at work"),
        {
            { CARD_WORK_STREET, N_("Street and number"), "text" },
            { CARD_WORK_CODE, N_("Postal code"), "text" },
            { CARD_WORK_CITY, N_("Town"), "text" },
            { CARD_WORK_REGION, N_("State"), "text" },
            { CARD_WORK_COUNTRY, N_("Country"), "text" },
        },
        .n = 5, .seldom = true },
    { N_("Address at home"),
        {
            { CARD_HOME_STREET, N_("Street and number"), "text" },
            { CARD_HOME_CODE, N_("Postal code"), "text" },
            { CARD_HOME_CITY, N_("Town"), "text" },
            { CARD_HOME_REGION, N_("State"), "text" },
            { CARD_HOME_COUNTRY, N_("Country"), "text" },
        },
        .n = 5, .seldom = true },
    { N_("More"),
        {
            { CARD_URL, N_("Website"), "text" },
            { CARD_BIRTHDAY, N_("Birthday, such as 1990-04-15"), "text" },
            { CARD_CATEGORIES, N_("Categories, with commas between them"), "text" },
            { CARD_NOTE, N_("Notes"), "" },
        },
        .n = 4 },
};
const int contacts_n_groups = (int)COUNT_OF(contacts_groups);

bool
contacts_group_filled(const struct field_group *group, const struct card_fields *fields)
{
    for (int i = 0; i < group->n; i++)
        if (*fields->value[group->field[i].field] != '\0')
            return true;
    return false;
}
