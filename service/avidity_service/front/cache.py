"""Answers by request, bounded by their bytes: what was asked for longest ago goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from avidity_service.front.kept import Kept

# One answer may take this part of the room; of larger ones only the tags are kept.
_PART = 8
# Marks for what was asked for lately, in bits, and how many are set before they start anew: of a hundred things that
# nobody asked for, one or two are taken for such.
_MARKS, _MOST_MARKED = 1 << 20, 1 << 15


class _Lately:
    """What was asked for lately, told by a mark for each; two may have the same."""

    def __init__(self) -> None:
        self.marks, self.marked = bytearray(_MARKS // 8), 0

    def again(self, key: Hashable) -> bool:
        """Whether somebody has asked for it before; from now on somebody has."""
        at, bit = divmod(hash(key) % _MARKS, 8)
        if self.marks[at] >> bit & 1:
            return True
        if self.marked >= _MOST_MARKED:
            self.marks, self.marked = bytearray(_MARKS // 8), 0
        self.marks[at] |= 1 << bit
        self.marked += 1
        return False


class ByteCache:
    """Kept answers. Several keys may lead to one answer, as several Accept headers lead to one media type."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.size = self.evicted = self.hits = self.misses = 0
        self.answers: OrderedDict[Hashable, Kept] = OrderedDict()
        self.sizes: dict[Hashable, int] = {}
        self.by_key: dict[Hashable, Kept] = {}
        self.lately = _Lately()
        self.lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.answers)

    def __contains__(self, key: Hashable) -> bool:
        return key in self.by_key

    def peek(self, key: Hashable) -> Kept | None:
        """The answer to a request. Who sends from it counts that by `touch`, who has to compute it by `missed`.

        It may be but a tag that somebody else's is to be compared with, so that finding it tells nothing.
        """
        return self.by_key.get(key)

    def touch(self, kept: Kept) -> None:
        """Count a kept answer as sent, and as the one asked for last."""
        with self.lock:
            self.hits += 1
            if kept.identity in self.answers:
                self.answers.move_to_end(kept.identity)

    def missed(self) -> None:
        """Count a request whose answer was not there."""
        with self.lock:
            self.misses += 1

    def has_room(self, key: Hashable, kept: Kept) -> bool:
        """Whether to keep an answer that was soon made: if nothing has to go for it, or it is asked for again.

        So that who asks many things once each drives hardly anything out that others ask for often.
        """
        return self.size + kept.size <= self.most_bytes or self.lately.again(key)

    def put(self, key: Hashable, key_size: int, kept: Kept) -> Kept:
        """Keep an answer, or find that it is kept under another key; gives one to send from."""
        if kept.length > self.most_bytes // _PART:
            self._put(key, key_size, kept.without_body())
            return kept
        return self._put(key, key_size, kept)

    def _put(self, key: Hashable, key_size: int, kept: Kept) -> Kept:
        with self.lock:
            known = self.answers.get(kept.identity)
            if known is not None and known.tag == kept.tag and (known.made is None) == (kept.made is None):
                kept = known
            elif known is not None:
                self._remove(known)
            self.answers[kept.identity] = kept
            self.answers.move_to_end(kept.identity)
            if key not in self.by_key:
                kept.keys.append(key)
                kept.keys_size += key_size
                self.by_key[key] = kept
            self._weigh(kept)
        return kept

    def weigh(self, kept: Kept) -> None:
        """Count an answer again that has grown by a coding."""
        with self.lock:
            if self.answers.get(kept.identity) is kept:
                self._weigh(kept)

    def clear(self) -> None:
        """Forget all."""
        with self.lock:
            self.answers.clear()
            self.by_key.clear()
            self.sizes.clear()
            self.size = 0

    def _weigh(self, kept: Kept) -> None:
        size = kept.size
        self.size += size - self.sizes.get(kept.identity, 0)
        self.sizes[kept.identity] = size
        while self.size > self.most_bytes and self.answers:
            self._remove(next(iter(self.answers.values())))
            self.evicted += 1

    def _remove(self, kept: Kept) -> None:
        del self.answers[kept.identity]
        self.size -= self.sizes.pop(kept.identity)
        for key in kept.keys:
            self.by_key.pop(key, None)
        kept.keys, kept.keys_size = [], 0
