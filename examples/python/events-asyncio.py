#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Events and calls in an asyncio loop."""
import asyncio

import mos


async def main():
    with mos.Client("events-asyncio") as client:
        async with mos.aio.Events(client, ["metronome:beat", "transport:state"]) as events:
            status = await mos.aio.call(client, "broker.system.status")
            print("the transport is", status["transport"]["state"], flush=True)
            n = 0
            async for event in events:
                print(event.name, event.tick, flush=True)
                n += 1
                if n == 4:
                    break


asyncio.run(main())
