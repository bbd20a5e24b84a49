# The recurrence of events against expanders that share nothing with ours (tests/recurrence).

RECURRENCE_PROBE := $(BUILD)/recurrence_probe

$(RECURRENCE_PROBE): $(BUILD)/tests/recurrence/recurrence_probe.o $(BUILD)/libchapterd.a
	$(call say,LD) $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(BUILD)/libchapterd.a $(LIBS)

-include $(BUILD)/tests/recurrence/recurrence_probe.d
