# SPDX-License-Identifier: MIT
"""MOS in an asyncio loop: `async with aio.Events(client, "metronome:beat") as events: async for event in events`,
`await aio.call(client, ...)`.

The client is driven by the loop: its descriptor is watched, dispatch() is called when there is something to do.
Do not use events(), wait() or wait_tick() of the same client meanwhile: they would block the loop.
"""
import asyncio
import collections
import weakref

_drivers = weakref.WeakKeyDictionary()  # client: what drives it


class _Driver:
    """The client's place in a loop, for as long as somebody uses it there."""

    def __init__(self, client):
        self.client, self.loop = client, asyncio.get_running_loop()
        self.users = set()
        self.loop.add_reader(client.fileno(), self.turn)
        client._before_close = self.closed

    def turn(self):
        try:
            self.client.dispatch(0)
        except Exception as error:  # MOS is gone for good: whoever waits has to hear of it
            self.end(error)

    def closed(self):
        self.end(ValueError("the client is closed"))

    def end(self, error=None):
        if not self.loop.is_closed():
            self.loop.remove_reader(self.client.fileno())
        self.client._before_close = None
        _drivers.pop(self.client, None)
        for user in list(self.users):
            user._failed(error)
        self.users.clear()


def _drive(client, user):
    driver = _drivers.get(client)
    if driver is not None and driver.loop.is_closed():
        driver.end(RuntimeError("its loop is closed"))
        driver = None
    if driver is None:
        driver = _drivers[client] = _Driver(client)
    driver.users.add(user)


def _release(client, user):
    driver = _drivers.get(client)
    if driver is not None:
        driver.users.discard(user)
        if not driver.users:
            driver.end()


class Events:
    """An asynchronous iterator over events of some types, None: all. Leaving the `async with` block ends it. At most
    `limit` wait for who reads slowly; then the oldest go, and `lost` counts them."""

    def __init__(self, client, types=None, limit=65536):
        self.lost = 0
        self._client = client
        self._types = [types] if types is None or isinstance(types, (str, int)) else list(types)
        self._queue = collections.deque(maxlen=limit)
        self._news = asyncio.Event()
        self._listeners = self._error = None

    async def __aenter__(self):
        if self._listeners is None:
            _drive(self._client, self)
            self._listeners = [self._client.on(type, self._take) for type in self._types]
        return self

    async def __aexit__(self, *_):
        if self._listeners is not None:
            for listener in self._listeners:
                listener.off()
            self._listeners = None
            _release(self._client, self)

    def _take(self, event):
        self.lost += len(self._queue) == self._queue.maxlen
        self._queue.append(event)
        self._news.set()

    def _failed(self, error):
        self._error = error
        self._news.set()

    def __aiter__(self):
        return self

    async def __anext__(self):
        await self.__aenter__()
        while not self._queue:
            if self._error is not None:
                raise self._error
            self._news.clear()
            await self._news.wait()
        return self._queue.popleft()


class _Call:
    def __init__(self):
        self.future = asyncio.get_running_loop().create_future()

    def done(self, answer, error):
        if self.future.done():  # cancelled meanwhile
            return
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(answer)

    def _failed(self, error):
        self.done(None, error)


async def call(client, method, params=None, /, *, timeout=None, **more):
    """client.call() without blocking the loop."""
    waiting = _Call()
    _drive(client, waiting)
    try:
        client.call_async(waiting.done, method, params, timeout=timeout, **more)
        return await waiting.future
    finally:
        _release(client, waiting)
