"""The rights that sysmon needs in Redis, and a look for those that its user lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import redis

from sysmon_core.redis_store import keys

KEY = keys.READY
# Each command that server and worker send, scripts included, with arguments that Redis accepts. A
# test compares them with the scripts and with docs/operations.md.
COMMANDS = f"""
    BITFIELD {KEY} SET u1 0 0
    BITFIELD_RO {KEY} GET u1 0
    BLPOP {KEY} 1
    DEL {KEY}
    EVALSHA {40 * "0"} 0
    EXISTS {KEY}
    EXPIRE {KEY} 1
    GET {KEY}
    HDEL {KEY} field
    HEXISTS {KEY} field
    HGET {KEY} field
    HGETALL {KEY}
    HINCRBY {KEY} field 1
    HMGET {KEY} field
    HSET {KEY} field 1
    HSTRLEN {KEY} field
    LINDEX {KEY} 0
    LLEN {KEY}
    LPOP {KEY}
    LPUSH {KEY} 1
    LRANGE {KEY} 0 1
    LREM {KEY} 1 1
    LTRIM {KEY} 0 1
    PEXPIRE {KEY} 1
    PUBLISH {keys.CANCELLED} 1
    PUBLISH {keys.ENDED_TASKS} 1
    RPOPLPUSH {KEY} {KEY}
    RPUSH {KEY} 1
    SADD {KEY} 1
    SCARD {KEY}
    SCRIPT LOAD return
    SET {KEY} 1
    SETRANGE {KEY} 0 1
    SMEMBERS {KEY}
    SREM {KEY} 1
    STRLEN {KEY}
    SUBSCRIBE {keys.CANCELLED}
    SUBSCRIBE {keys.ENDED_TASKS}
    TIME
    TTL {KEY}
    UNLINK {KEY}
    ZADD {KEY} 1 1
    ZCARD {KEY}
    ZCOUNT {KEY} 0 1
    ZRANGE {KEY} 0 1
    ZRANGEBYSCORE {KEY} 0 1
    ZREM {KEY} 1
    ZREMRANGEBYSCORE {KEY} 0 1
    ZREVRANGE {KEY} 0 1
    ZREVRANGEBYSCORE {KEY} 1 0
    ZSCORE {KEY} 1
"""
CHANNELS = (keys.CANCELLED, keys.ENDED_TASKS)
WHOLE_PREFIXES = ("NAMESPACE", "RESULTS", "LOGIN_COUNTERS")  # without the colon that follows them


def missing_rights(client: redis.Redis) -> list[str]:
    """Return the rights that the client's user lacks, as ACL SETUSER names them.

    Redis checks each command when it queues it for a transaction, which is then discarded. Where
    transactions are denied, nothing is found.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    pool = client.connection_pool
    connection: Any = pool.get_connection()  # whose methods are not typed
    try:
        connection.send_command("MULTI")
        if _refusal(connection) is not None:  # each command would be executed
            return []
        commands = list(_commands())
        connection.send_packed_command(connection.pack_commands([*commands, ["DISCARD"]]))
        refusals = [_refusal(connection) for _ in commands]
        _refusal(connection)
    except BaseException:
        connection.disconnect()  # so that the next user of the connection reads no answer of ours
        raise
    finally:
        pool.release(connection)
    rights = map(_right, commands, refusals)
    return list(dict.fromkeys(right for right in rights if right))


def _commands() -> Iterator[Sequence[str]]:
    """Give each command once, and then one that reads and changes each key."""
    for line in COMMANDS.strip().splitlines():
        yield line.split()
    for name, value in vars(keys).items():
        if name.isupper() and value not in CHANNELS:
            yield "LPOP", value + ":" * (name in WHOLE_PREFIXES)


def _refusal(connection: Any) -> str | None:
    """Return the text of the error that the next answer is; None if it is another answer."""
    try:
        connection.read_response()
    except redis.ResponseError as error:
        return str(error)
    return None


def _right(command: Sequence[str], refusal: str | None) -> str | None:
    """Return the right that was missing, if the refusal is for the want of one."""
    name, place, *_ = *command, ""
    if refusal is None or ("permission" not in refusal and "unknown" not in refusal):
        return None
    if "' command" in refusal or "unknown" in refusal:
        return f"+{name}|{place}".lower() if name == "SCRIPT" else f"+{name}".lower()
    if "channel" in refusal:
        return f"&{place}"
    return f"~{place}*" if place.endswith(":") else f"~{place}"
