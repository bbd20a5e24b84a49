#include "html/subscribe.h"

#include <string.h>

#include "base/arena.h"
#include "base/uri.h"

struct subscribe
subscribe_to(struct arena *arena, const char *address, const char *name)
{
    const char *rest = strstr(address, "://");
    const char *webcal = arena_printf(arena, "webcal%s", rest != NULL ? rest : "");

    return (struct subscribe){ .address = address,
        .webcal = webcal,
        .google = arena_printf(
            arena, "https://calendar.google.com/calendar/render?cid=%s", uri_encode(arena, webcal)),
        .outlook =
            arena_printf(arena, "https://outlook.live.com/calendar/0/addfromweb?url=%s&name=%s",
                uri_encode(arena, address), uri_encode(arena, name)) };
}
