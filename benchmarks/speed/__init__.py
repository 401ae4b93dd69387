"""The speed suite: the same programs on Wengert and on a peer, in separate processes, side by side."""
