# What goes out: a probe that asks addresses, in a network of its own (tests/net).

NET_PROBE := $(BUILD)/net_probe

$(NET_PROBE): $(BUILD)/tests/net/net_probe.o $(BUILD)/libchapterd.a
	$(call say,LD) $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(BUILD)/libchapterd.a $(LIBS)

net-tests: $(NET_PROBE)	## asking other servers, in a network of its own with name servers and traps
	NET_PROBE=$(CURDIR)/$(NET_PROBE) $(PYTHON) -B -m pytest -q tests/net

-include $(BUILD)/tests/net/net_probe.d

.PHONY: net-tests
