-- Returns how many workers live.
return #live_workers()
