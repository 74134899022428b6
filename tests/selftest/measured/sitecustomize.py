"""Every Python of a measured session reads this first; it concerns Locust alone.

Threads are greenlets there, in one thread of the system, which coverage follows with one tracer. It would start another
for each of them, and each would take the place of the last.
"""

import sys
import threading

if "locust" in sys.orig_argv:
    threading.settrace(None)
