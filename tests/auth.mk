# The directory (LDAP) tests: a private slapd with all its ways in, and servers that misbehave.

PROBE := $(BUILD)/directory_probe

$(PROBE): $(BUILD)/tests/auth/directory_probe.o $(BUILD)/libchapterd.a
	$(call say,LD) $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(BUILD)/libchapterd.a $(LIBS)

directory-tests: $(PROBE)	## signing in against a real slapd, and against silent and lying ones
	PROBE=$(PROBE) $(PYTHON) -B -m pytest -q tests/auth

-include $(BUILD)/tests/auth/directory_probe.d

.PHONY: directory-tests
