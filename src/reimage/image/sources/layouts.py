"""OCI image layouts: `index.json`, and blobs by their digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reimage.image import config, manifests, platforms
from reimage.image.anatomy import Attestation, Image
from reimage.image.errors import Damaged, NotAnImage
from reimage.image.json_values import parse_object
from reimage.image.limits import DEFAULT, Limits
from reimage.image.manifests import Descriptor, Index, Manifest
from reimage.image.sources.assembling import check_number, make_layers
from reimage.image.sources.names import matches, name_of
from reimage.image.sources.stores import INDEX, Store, blob_name, needed_document, needed_layer

if TYPE_CHECKING:
    from reimage.image.platforms import Platform

_DEPTH = 4
"""Indexes in indexes."""
_PREDICATE = "in-toto.io/predicate-type"
Found = list[tuple[Descriptor, Manifest]]


def read_layout(
    store: Store, *, name: str = "", platform: Platform | None = None, limits: Limits = DEFAULT
) -> Image:
    """The image of `index.json`; `name` says which where there are several."""
    index = manifests.parse(needed_document(store, INDEX))
    if not isinstance(index, Index):
        raise Damaged("index.json is a manifest, not an index.")
    chosen = _named(index, name)
    names = tuple(dict.fromkeys(filter(None, map(name_of, chosen))))
    return read_image(store, chosen, names=names, platform=platform, limits=limits)


def read_image(
    store: Store,
    offered: tuple[Descriptor, ...],
    *,
    names: tuple[str, ...] = (),
    platform: Platform | None = None,
    limits: Limits = DEFAULT,
) -> Image:
    """The image of one platform among what descriptors lead to."""
    found = _manifests(store, offered, _DEPTH)
    chosen, manifest = _for_platform(store, found, platform)
    manifests.check_runs(manifest)
    configuration = config.parse(_blob(store, manifest.config))
    check_number(len(manifest.layers), configuration, limits)
    contents = [needed_layer(store, blob_name(layer.digest)) for layer in manifest.layers]
    for told, content in zip(manifest.layers, contents, strict=True):
        if content.digest != told.digest:
            raise Damaged(f"A layer was promised as {told.digest}, but is {content.digest}.")
    kinds = [layer.media_type for layer in manifest.layers]
    return Image(
        names,
        chosen.digest,
        manifest.config.digest,
        configuration,
        make_layers(contents, kinds, configuration),
        _attestations(store, found, chosen.digest),
    )


def _for_platform(
    store: Store, found: Found, platform: Platform | None
) -> tuple[Descriptor, Manifest]:
    # One image may stand there under several names.
    images = list({each[0].digest: each for each in found if not each[0].is_attestation}.values())
    if not images:
        raise NotAnImage("There is no image in it.")
    offered = [_platform(store, descriptor, manifest) for descriptor, manifest in images]
    return images[platforms.choose(offered, platform)]


def _named(index: Index, name: str) -> tuple[Descriptor, ...]:
    """Those of one image: the one called `name`, or the only one."""
    if name:
        found = tuple(each for each in index.manifests if matches(name_of(each), name))
        if not found:
            raise NotAnImage(f"There is no image called '{name}' in it{_listed(index)}.")
        return found
    images = [each for each in index.manifests if not each.is_attestation]
    if len({name_of(each) for each in images}) > 1 and len({each.digest for each in images}) > 1:
        raise NotAnImage(f"There are several images in it{_listed(index)}; name one.")
    return index.manifests


def _listed(index: Index) -> str:
    names = sorted(filter(None, {name_of(each) for each in index.manifests}))
    return f" ({', '.join(names[:10])})" if names else ""


def _manifests(store: Store, descriptors: tuple[Descriptor, ...], depth: int) -> Found:
    """Through indexes in indexes. What a layout leaves out (other platforms) is passed over."""
    found: Found = []
    for descriptor in descriptors:
        data = store.document(blob_name(descriptor.digest))
        if data is None:
            continue
        parsed = manifests.parse(descriptor.check(data))
        if isinstance(parsed, Manifest):
            found.append((descriptor, parsed))
        elif depth:
            found += _manifests(store, parsed.manifests, depth - 1)
        else:
            raise Damaged("The image has indexes in indexes without end.")
    if descriptors and not found and depth == _DEPTH:
        raise Damaged(f"The image lacks its manifest {descriptors[0].digest}.")
    return found


def _platform(store: Store, descriptor: Descriptor, manifest: Manifest) -> Platform:
    """As the index says, or else the configuration."""
    if descriptor.platform and descriptor.platform.os:
        return descriptor.platform
    manifests.check_runs(manifest)
    return config.parse(_blob(store, manifest.config)).platform


def _blob(store: Store, descriptor: Descriptor) -> bytes:
    return descriptor.check(needed_document(store, blob_name(descriptor.digest)))


def _attestations(store: Store, found: Found, digest: str) -> tuple[Attestation, ...]:
    statements = []
    for descriptor, manifest in found:
        if descriptor.is_attestation and descriptor.about == digest:
            for layer in manifest.layers:
                data = store.document(blob_name(layer.digest))
                if data is not None:
                    statements.append(_attestation(layer, layer.check(data)))
    return tuple(statements)


def _attestation(layer: Descriptor, data: bytes) -> Attestation:
    kind = layer.annotations.get(_PREDICATE)
    return Attestation(kind or parse_object(data, "An attestation").text("predicateType"), data)
