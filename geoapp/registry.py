"""Finds the layers of a package and checks them against each other."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType

from geoapp.errors import DeclarationError, NotFound
from geoapp.layer import Layer


class Layers(Mapping[str, Layer]):
    """The town's layers by id, in the order of the menu."""

    def __init__(self, layers: Iterable[Layer]) -> None:
        ordered = sorted(layers, key=lambda layer: (layer.menu, layer.id))
        self._by_id = {layer.id: layer for layer in ordered}
        if len(self._by_id) != len(ordered):
            raise DeclarationError("two layers share one id")
        self._check_neighbours()

    def __getitem__(self, layer_id: str) -> Layer:
        return self._by_id[layer_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def get_or_404(self, layer_id: str) -> Layer:
        """The layer, or NotFound naming the ones there are."""
        if layer_id not in self._by_id:
            raise NotFound("没有图层“{layer}”，可用：{known}", layer=layer_id, known="、".join(self._by_id))
        return self._by_id[layer_id]

    def by_path(self, path: str) -> Layer:
        for layer in self._by_id.values():
            if layer.path == path:
                return layer
        raise NotFound("没有页面“{path}”", path=path)

    def in_write_order(self) -> list[Layer]:
        """Parents before children, so that references hold when seeding."""
        done: list[Layer] = []
        waiting = sorted(self._by_id.values(), key=lambda layer: (layer.menu, layer.id))
        while waiting:
            ready = [x for x in waiting if all(r.layer in {d.id for d in done} | {x.id} for r in x.references)]
            if not ready:
                raise DeclarationError(f"layers refer to each other in a circle: {[x.id for x in waiting]}")
            done += ready
            waiting = [x for x in waiting if x not in ready]
        return done

    def _check_neighbours(self) -> None:
        paths: dict[str, str] = {}
        for layer in self._by_id.values():
            if layer.path in paths:
                raise DeclarationError(f"layer '{layer.id}': page {layer.path!r} belongs to {paths[layer.path]!r}")
            paths[layer.path] = layer.id
            for problem in self._reference_problems(layer):
                raise DeclarationError(f"layer '{layer.id}': {problem}")

    def _reference_problems(self, layer: Layer) -> Iterator[str]:
        for r in layer.references:
            if r.layer not in self._by_id or r.label not in self._by_id[r.layer].columns_by_name:
                yield f"reference {r.column} points at no such layer or label: {r.layer}.{r.label}"
        for hold in layer.workflow.holds:
            holder = self._by_id.get(hold.layer)
            if holder is None or hold.by not in holder.columns_by_name:
                yield f"hold names no such layer or column: {hold.layer}.{hold.by}"
        for rollup in layer.rollups:
            child = self._by_id.get(rollup.child)
            if child is None or rollup.by not in child.columns_by_name:
                yield f"rollup names no such child or column: {rollup.child}.{rollup.by}"
            elif rollup.weight and rollup.weight not in child.columns_by_name:
                yield f"rollup of {rollup.child} names no such weight: {rollup.weight}"
            elif unknown := [d for d in rollup.done if d not in child.legend_codes]:
                yield f"rollup of {rollup.child} names no such legend class: {unknown}"


def load_layers(package: ModuleType) -> Layers:
    """Import every module of ``package`` by name and collect its ``LAYER``."""
    found = []
    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        declared = getattr(importlib.import_module(f"{package.__name__}.{module}"), "LAYER", None)
        if isinstance(declared, Layer):
            found.append(declared)
    return Layers(found)
