"""Seconds and bytes as people read them."""


def seconds(value: float) -> str:
    """`0.4s`, `12.3s`, `3m 05s`, `1h 02m`."""
    if value < 99.95:
        return f"{max(value, 0.0):.1f}s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02}s"
    return f"{minutes // 60}h {minutes % 60:02}m"


def size(count: int) -> str:
    """Bytes in powers of 1000, as registries and Docker count them."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5:
            return f"{value:.2f} {unit}" if value < 9.995 else f"{value:.0f} {unit}"
    return f"{value / 1000:.1f} TB"


def transferred(current: int, total: int) -> str:
    """`12 MB`, or `12 MB of 30 MB` while it goes on; empty for nothing."""
    if not current and not total:
        return ""
    return size(current) if total <= current else f"{size(current)} of {size(total)}"
