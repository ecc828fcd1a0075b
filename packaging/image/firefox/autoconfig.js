// Firefox reads hackstream.cfg beside its program, in plain text.
pref("general.config.filename", "hackstream.cfg");
pref("general.config.obscure_value", 0);
