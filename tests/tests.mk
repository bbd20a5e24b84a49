# Targets of the tests that need nothing but the compiler. "make help" lists them.

UNIT_TESTS := $(wildcard tests/unit/*_test.c)
SECONDS    ?= 5
SEED       ?= 0

# ---------------------------------------------------------------- unit tests, with sanitizers

$(BUILD)/unit: $(UNIT_TESTS:%.c=$(BUILD)/%.o) $(BUILD)/tests/check.o $(BUILD)/libchapterd.a
	$(call say,LD) $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(BUILD)/libchapterd.a $(LIBS)

unit:	## the unit tests; ONLY="words" runs those that have one of them in their name
	$(MAKE) --no-print-directory BUILD=build/asan SANITIZE=address,undefined TEST_FAULTS=1 \
	    CFLAGS="-O1 -g1" build/asan/unit
	build/asan/unit $(ONLY)
	tests/unit/tmplc_test.sh build/asan/tmplc

-include $(UNIT_TESTS:%.c=$(BUILD)/%.d)

.PHONY: unit

# ---------------------------------------------------------------- lint and format

OURS := $(wildcard daemon/*.[ch] daemon/*/*.[ch] webdav/*.[ch] modules/*.[ch] modules/*/*.[ch] \
    tests/*.[ch] tests/unit/*.[ch] tests/fuzz/*.[ch])

lint: $(BUILD)/libchapterd.a	## the rules that a machine can check, and a test of each rule
	LINT_CFLAGS="-D_GNU_SOURCE -I$(BUILD) $$(pkg-config --cflags $(PKGS))" \
	    LINT_LIBRARY=$(BUILD)/libchapterd.a tests/lint/lint.sh
	tests/lint/selftest.sh

format:	## brings all C into the style of .clang-format
	clang-format-14 -i $(OURS)

format-check:
	clang-format-14 --dry-run --Werror $(OURS)

.PHONY: lint format format-check

# ---------------------------------------------------------------- fuzzing

FUZZERS    := $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_FOUND := .run/fuzz

$(BUILD)/fuzz-%: $(BUILD)/tests/fuzz/%_fuzz.o $(BUILD)/tests/fuzz/fuzz.o $(BUILD)/libchapterd.a
	$(call say,LD) $(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(BUILD)/libchapterd.a $(LIBS)

# What of chapterctl reads files that may be damaged, and what of the extractor is ours.
FUZZ_BACKUP  := $(addprefix $(BUILD)/daemon/ctl/,backup_file.o backup_manifest.o backup_parts.o backup_place.o)
FUZZ_EXTRACT := $(addprefix $(BUILD)/daemon/extract/,add.o office.o plain.o)
FUZZ_MIME    := $(BUILD)/daemon/mime/mime.o
$(BUILD)/fuzz-backup: $(FUZZ_BACKUP)
$(BUILD)/fuzz-mime: $(FUZZ_MIME)
$(BUILD)/fuzz-mime: LIBS += $(shell pkg-config --libs $(MIME_PKGS))
$(BUILD)/fuzz-extract: $(FUZZ_EXTRACT)

# What of the library the targets need, a quarter of it: the linker says so of the usual build.
FUZZ_OBJECTS := $(FUZZERS:%=$(BUILD)/tests/fuzz/%_fuzz.o) $(BUILD)/tests/fuzz/fuzz.o $(FUZZ_BACKUP) $(FUZZ_EXTRACT) $(FUZZ_MIME)
$(BUILD)/fuzz.parts: $(FUZZ_OBJECTS) $(OBJECTS)
	@rm -f $@.a && ar rcsT $@.a $(OBJECTS)
	$(call say,PART) ld -e 0 -t -t --unresolved-symbols=ignore-all --allow-multiple-definition -o /dev/null \
	    $(FUZZ_OBJECTS) $@.a >$@.new
	@grep -Fx $(OBJECTS:%=-e %) $@.new | sed 's,^$(BUILD)/,,' | sort >$@

fuzz: $(BUILD)/fuzz.parts	## each fuzz target for SECONDS=5; ONLY=name for one of them, SEED=1 the same way each time
	$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang-14 CFLAGS="-O1 -g1" \
	    SANITIZE=fuzzer-no-link,address,undefined \
	    OBJECTS="$$(sed 's,^,build/fuzz/,' $(BUILD)/fuzz.parts | tr '\n' ' ')" \
	    $(patsubst %,build/fuzz/fuzz-%,$(or $(ONLY),$(FUZZERS)))
	@SEED=$(SEED) tests/fuzz/fuzz.sh $(SECONDS) $(or $(ONLY),$(FUZZERS))

.PHONY: fuzz
