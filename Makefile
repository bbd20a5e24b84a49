# make            builds build/chapterd and build/chapterctl
# make run        the whole house on this machine, with a demo federation (Ctrl-C ends it)
# make check      installs what the tests need, builds, runs the tests
# make help       lists the rest

.DEFAULT_GOAL := all
SHELL := /bin/sh

# BUILD=folder and SANITIZE=address,undefined give further builds beside the usual one; see "variants".
BUILD    ?= build
SANITIZE ?=
TEST_FAULTS ?=
PREFIX   ?= /usr
PYTHON   ?= /usr/bin/python3

PKGS     := libmicrohttpd libpq libxml-2.0 gnutls nettle libsodium jansson libsystemd libseccomp libcurl libarchive libcmark libqrencode
LIBS      = $(shell pkg-config --libs $(PKGS)) -lldap -llber -lunistring -lpthread
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wwrite-strings -Wvla \
            -Wpointer-arith -Wformat=2 -Wundef -Wimplicit-fallthrough -Wcast-qual -Werror
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fPIE
CPPFLAGS += -I. -Idaemon -I$(BUILD) -D_GNU_SOURCE $(shell pkg-config --cflags $(PKGS))
LDFLAGS  += -pie -Wl,-z,relro,-z,now
ifneq ($(SANITIZE),)
HARDEN   += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS  += -fsanitize=$(SANITIZE)
else
CPPFLAGS += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif
ifneq ($(TEST_FAULTS),)
CPPFLAGS += -DTEST_FAULTS
endif
# Commands are shown in full by V=1.
say       = $(if $(V),,@printf '%-4s %s\n' $(1) $@;)
ALL_FLAGS = -std=gnu17 $(WARN) $(HARDEN) $(CPPFLAGS) $(CFLAGS) -MMD -MP

# ---------------------------------------------------------------- what there is to build

PAGES    := $(wildcard daemon/html/pages/*.html daemon/auth/pages/*.html daemon/mail/pages/*.html modules/*/pages/*.html)
MAILS    := $(wildcard modules/*/mails/*.txt daemon/mail/mails/*.txt)
QUERIES  := $(wildcard sql/queries/*.sql)
MIGRATIONS := $(sort $(wildcard sql/migrations/*.sql))
FUNCTIONS := $(sort $(wildcard sql/functions/*.sql))
RESTORES := $(sort $(wildcard sql/restore/*.sql))
ASSETS   := $(wildcard daemon/html/assets/*)
CATALOGUES := $(patsubst daemon/locale/%.po,$(BUILD)/locale/%.mo,$(wildcard daemon/locale/*.po))

TOOLS    := daemon/html/tmplc.c
EXTRACTS := $(wildcard daemon/extract/*.c)
MIMES    := $(wildcard daemon/mime/*.c)
PROGRAMS := daemon/main.c $(wildcard daemon/ctl/*.c) $(EXTRACTS) $(MIMES)
LIBRARY  := $(filter-out $(TOOLS) $(PROGRAMS),$(wildcard daemon/*.c daemon/*/*.c webdav/*.c modules/*.c modules/*/*.c modules/*/*/*.c))

GENERATED := $(PAGES:%.html=$(BUILD)/%.html.c) $(MAILS:%.txt=$(BUILD)/%.txt.c) $(QUERIES:sql/queries/%.sql=$(BUILD)/q/%.c)
HEADERS   := $(QUERIES:sql/queries/%.sql=$(BUILD)/q/%.h)
OBJECTS   := $(LIBRARY:%.c=$(BUILD)/%.o) $(GENERATED:%.c=%.o) $(BUILD)/embedded.o
DAEMON    := $(BUILD)/daemon/main.o
EXTRACT   := $(EXTRACTS:%.c=$(BUILD)/%.o)
MIME      := $(MIMES:%.c=$(BUILD)/%.o)
CTL       := $(patsubst %.c,$(BUILD)/%.o,$(wildcard daemon/ctl/*.c))

all: $(BUILD)/chapterd $(BUILD)/chapterctl $(BUILD)/chapterd-extract $(BUILD)/chapterd-mime

$(BUILD)/chapterd: $(DAEMON) $(BUILD)/libchapterd.a
	$(call say,LD) $(CC) $(LDFLAGS) -o $@ $(DAEMON) $(BUILD)/libchapterd.a $(LIBS)

$(BUILD)/chapterctl: $(CTL) $(BUILD)/libchapterd.a
	$(call say,LD) $(CC) $(LDFLAGS) -o $@ $(CTL) $(BUILD)/libchapterd.a $(LIBS)

# What reads documents: the one program with these libraries.
EXTRACT_PKGS := poppler-glib cairo vips
$(EXTRACT): CPPFLAGS += $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(EXTRACT_PKGS)))
$(BUILD)/chapterd-extract: $(EXTRACT) $(BUILD)/libchapterd.a
	$(call say,LD) $(CC) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LIBS) $(shell pkg-config --libs $(EXTRACT_PKGS))

# What takes mails apart.
MIME_PKGS := gmime-3.0
$(MIME): CPPFLAGS += $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(MIME_PKGS)))
$(BUILD)/chapterd-mime: $(MIME) $(BUILD)/libchapterd.a
	$(call say,LD) $(CC) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LIBS) $(shell pkg-config --libs $(MIME_PKGS))

$(BUILD)/libchapterd.a: $(OBJECTS)
	@rm -f $@
	$(call say,AR) ar rcs $@ $(OBJECTS)

$(BUILD)/%.o: %.c | $(HEADERS)
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(ALL_FLAGS) -c -o $@ $<

$(BUILD)/%.html.o: $(BUILD)/%.html.c | $(HEADERS)
	$(call say,CC) $(CC) $(ALL_FLAGS) -c -o $@ $<

$(BUILD)/%.txt.o: $(BUILD)/%.txt.c | $(HEADERS)
	$(call say,CC) $(CC) $(ALL_FLAGS) -c -o $@ $<

$(BUILD)/q/%.o: $(BUILD)/q/%.c | $(HEADERS)
	$(call say,CC) $(CC) $(ALL_FLAGS) -c -o $@ $<

$(BUILD)/tmplc: daemon/html/tmplc.c
	@mkdir -p $(@D)
	$(call say,CC) $(CC) -std=gnu17 $(WARN) -D_GNU_SOURCE $(CFLAGS) -o $@ $<

$(BUILD)/%.html.c: %.html $(BUILD)/tmplc
	@mkdir -p $(@D)
	$(call say,HTML) $(BUILD)/tmplc $< > $@ || { rm -f $@; exit 1; }

$(BUILD)/%.txt.c: %.txt $(BUILD)/tmplc
	@mkdir -p $(@D)
	$(call say,TEXT) $(BUILD)/tmplc $< > $@ || { rm -f $@; exit 1; }

$(BUILD)/q/%.h: sql/queries/%.sql sql/queries.awk
	@mkdir -p $(@D)
	$(call say,SQL) awk -f sql/queries.awk -v part=h $< > $@ || { rm -f $@; exit 1; }

$(BUILD)/q/%.c: sql/queries/%.sql sql/queries.awk
	@mkdir -p $(@D)
	$(call say,SQL) awk -f sql/queries.awk -v part=c $< > $@ || { rm -f $@; exit 1; }

# All tables of queries, for the test that compares them with a database.
$(BUILD)/q/all.inc: $(QUERIES) Makefile
	@mkdir -p $(@D)
	{ for q in $(QUERIES:sql/queries/%.sql=%); do echo "QUERIES($$q)"; done; } > $@

$(BUILD)/locale/%.mo: daemon/locale/%.po
	@mkdir -p $(@D)
	$(call say,MO) msgfmt --check-format -o $@ $<

$(BUILD)/embedded.o: daemon/base/embed.sh $(MIGRATIONS) $(FUNCTIONS) $(RESTORES) $(ASSETS) $(CATALOGUES)
	@mkdir -p $(@D)
	$(call say,DATA) { daemon/base/embed.sh migrations $(MIGRATIONS); \
	  daemon/base/embed.sh functions $(FUNCTIONS); \
	  daemon/base/embed.sh restores $(RESTORES); \
	  daemon/base/embed.sh assets $(ASSETS); \
	  daemon/base/embed.sh catalogues $(CATALOGUES); } > $(BUILD)/embedded.S
	$(call say,AS) $(CC) -c -o $@ $(BUILD)/embedded.S

# Texts for translators: collects all msgids and merges them into each catalogue.
messages: $(GENERATED)
	xgettext --language=C --from-code=UTF-8 --keyword= --keyword=tr:2 --keyword=trn:2,3 --keyword=T \
	    --keyword=N_ --no-location --sort-output -o $(BUILD)/messages.pot $(LIBRARY) $(GENERATED)
	sed -i 's/charset=CHARSET/charset=UTF-8/' $(BUILD)/messages.pot
	for po in daemon/locale/*.po; do \
	    msgmerge --quiet --update --backup=none --no-fuzzy-matching --sort-output $$po $(BUILD)/messages.pot; done

# ---------------------------------------------------------------- variants

asan:
	$(MAKE) BUILD=build/asan SANITIZE=address,undefined TEST_FAULTS=1 CFLAGS="-O1 -g1" all
faults:
	$(MAKE) BUILD=build/faults TEST_FAULTS=1 all
tsan:
	$(MAKE) BUILD=build/tsan SANITIZE=thread TEST_FAULTS=1 CFLAGS="-O1 -g1" all build/tsan/tests/http/front_test

-include $(wildcard packaging/*.mk tests/*.mk)

clean:
	rm -rf build

.PHONY: all asan faults tsan clean messages
.SECONDARY:
-include $(OBJECTS:.o=.d) $(DAEMON:.o=.d) $(EXTRACT:.o=.d) $(CTL:.o=.d)
