# The front with toy routes, without database and directory: tests/http/test_front*.py drive it.

FRONT_TEST := $(BUILD)/tests/http/front_test

$(FRONT_TEST): $(FRONT_TEST).o $(BUILD)/libchapterd.a
	$(call say,LD) $(CC) $(LDFLAGS) -o $@ $(FRONT_TEST).o $(BUILD)/libchapterd.a $(LIBS)

front-test: $(FRONT_TEST)	## the HTTP layer by itself, over raw sockets
	CHAPTERD_FRONT_TEST=$(CURDIR)/$(FRONT_TEST) $(PYTHON) -m pytest -q tests/http/test_front*.py

-include $(FRONT_TEST).d

.PHONY: front-test
