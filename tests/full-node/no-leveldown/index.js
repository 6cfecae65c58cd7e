// bdb loads it, and doesn't use it for a database in memory.
