"""Services: the rules of sysmon, without HTTP, Cornice or Dramatiq."""
