"""The console command: one small module a verb, each imported only when it is called."""
