# Running, checking, installing and packaging: the targets that people type.
PORT    ?= 8080

deps:	## installs what building and running need (Debian packages)
	@packaging/deps.sh build run

run:	## builds and runs all of it on this machine, with a demo federation; PORT=8080
	@packaging/deps.sh build run
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@packaging/run.sh "$(PORT)" "$(TLS)"

# ---------------------------------------------------------------- tests

check:	## installs what the tests need, builds, runs the tests; ONLY="http attack" for some steps
	@packaging/deps.sh build run check package
	@packaging/check.py check $(ONLY)

check-clients:	## real programs that people mount the drive and keep their calendars and contacts with
	@packaging/deps.sh build run check clients
	@packaging/check.py clients $(ONLY)

check-long:	## hundreds of kills, a minute of fuzzing each, ThreadSanitizer: hours
	@packaging/deps.sh build run check long
	@packaging/check.py long $(ONLY)

check-mutants:	## mistakes in access.c, each of which must turn the authorization matrix red
	@packaging/deps.sh build run check
	@packaging/check.py mutants $(ONLY)

check-scale:	## a hundred thousand of everything
	@packaging/deps.sh build run check
	@packaging/check.py scale $(ONLY)

check-fresh:	## the two commands of the README on a Debian 12 made for it, as root and as a user
	@packaging/deps.sh fresh
	@packaging/fresh.sh $(ONLY)

bench:	## beside Apache, nginx and calendar servers in one run; REPEATS=3, ONLY="C1 W2" for parts
	@packaging/deps.sh build run check bench
	@$(MAKE) --no-print-directory all
	@BENCH_ONLY="$(ONLY)" $(PYTHON) tests/bench/bench.py $(REPEATS)

# Each file in tests/sql is a program of its own; packaging/check-sql.sh gives it a database.
SQL_TESTS := $(patsubst %.c,%,$(wildcard tests/sql/*_test.c))

# The sanitized programs and all programs that tests consist of.
asan-tests:
	@$(MAKE) --no-print-directory -k BUILD=build/asan SANITIZE=address,undefined TEST_FAULTS=1 \
	    CFLAGS="-O1 -g1" all build/asan/unit build/asan/directory_probe build/asan/net_probe build/asan/recurrence_probe \
	    build/asan/tests/http/front_test $(SQL_TESTS:%=build/asan/%)

$(BUILD)/tests/sql/describe_test.o: $(BUILD)/q/all.inc
$(SQL_TESTS:%=$(BUILD)/%): %: %.o $(BUILD)/tests/check.o $(BUILD)/libchapterd.a
	$(call say,LD) $(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# ---------------------------------------------------------------- manual pages and the example configuration

$(BUILD)/manual: $(BUILD)/packaging/manual.o $(BUILD)/libchapterd.a
	$(call say,LD) $(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/man/chapterd.conf.5.scd: packaging/man/chapterd.conf.5.scd $(BUILD)/manual
	@mkdir -p $(@D)
	$(call say,MAN) { sed '/^@SETTINGS@$$/,$$d' $<; $(BUILD)/manual; sed '1,/^@SETTINGS@$$/d' $<; } > $@

# What each command says of itself.
$(BUILD)/man/chapterctl.1.scd: packaging/man/chapterctl.1.scd packaging/commands.sh $(BUILD)/chapterctl
	@mkdir -p $(@D)
	$(call say,MAN) { sed '/^@COMMANDS@$$/,$$d' $<; packaging/commands.sh $(BUILD)/chapterctl; \
	  sed '1,/^@COMMANDS@$$/d' $<; } > $@

$(BUILD)/man/%.scd: packaging/man/%.scd
	@mkdir -p $(@D)
	@cp $< $@

$(BUILD)/man/%: $(BUILD)/man/%.scd
	$(call say,MAN) scdoc < $< > $@ || { rm -f $@; exit 1; }

MANUALS := $(patsubst packaging/man/%.scd,$(BUILD)/man/%,$(wildcard packaging/man/*.scd))

man: $(MANUALS)	## the manual pages

# ---------------------------------------------------------------- installing

SYSCONFDIR ?= /etc
UNITDIR    ?= /lib/systemd/system

install: all man	## into DESTDIR, for a package or by hand
	install -Dm0755 $(BUILD)/chapterd $(DESTDIR)$(PREFIX)/sbin/chapterd
	install -Dm0755 $(BUILD)/chapterctl $(DESTDIR)$(PREFIX)/bin/chapterctl
	install -Dm0755 $(BUILD)/chapterd-extract $(DESTDIR)$(PREFIX)/lib/chapterd/chapterd-extract
	install -Dm0755 $(BUILD)/chapterd-mime $(DESTDIR)$(PREFIX)/lib/chapterd/chapterd-mime
	for page in $(MANUALS); do \
	    install -Dm0644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit 1; \
	done
	install -Dm0644 packaging/chapterd.conf $(DESTDIR)$(SYSCONFDIR)/chapterd/chapterd.conf
	install -Dm0644 packaging/debian/chapterd.service $(DESTDIR)$(UNITDIR)/chapterd.service
	install -Dm0644 packaging/debian/chapterd.socket $(DESTDIR)$(UNITDIR)/chapterd.socket
	install -Dm0644 packaging/debian/chapterd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/chapterd.conf
	install -Dm0644 packaging/debian/chapterd.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/chapterd.conf
	install -Dm0644 packaging/chapterctl.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/chapterctl

deb:	## the Debian package, into build/
	@packaging/deps.sh build package
	@packaging/deb.sh

# ---------------------------------------------------------------- help

help:	## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", "make " $$1, $$2 }' \
	    $(filter-out %.d,$(MAKEFILE_LIST))

.PHONY: deps run check check-clients check-long check-mutants check-scale check-fresh bench asan-tests man install \
    deb help
