"""Training steps of one of our networks in PyTorch, with weights, batch and targets of our own first step.

    python3 train-torch.py FOLDER LAYOUT THREADS WARM_UP STEPS

FOLDER has the files of bench/suites/pytorch-handover.ts; LAYOUT is `default` or `channels-last`. Checks the heads,
the losses and all gradients of the first step against ours, then times steps. Prints one line of JSON.

Not part of a step here, but part of ours: reading and decoding images, matching, the average of the weights.
"""
import json
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

# Sums have another order, and an activation at its limit may pass a gradient here and stop it there.
HEADS_TOLERANCE = 1e-4
LOSS_TOLERANCE = 1e-4
GRADIENT_TOLERANCE = 1e-2

# Numbers per anchor; the last depends on the classes.
HEADS = {"armLoc": 4, "armConf": 2, "odmLoc": 4, "odmConf": None}
ACTIVATIONS = {
    "relu": lambda x: F.relu(x, inplace=True),
    "relu6": lambda x: F.relu6(x, inplace=True),
}


def read_safetensors(path):
    """Tensors by name; all of them are float32."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = np.frombuffer(file.read(), np.uint8)
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", name
        begin, end = entry["data_offsets"]
        tensors[name] = torch.from_numpy(data[begin:end].view("<f4").reshape(entry["shape"]).copy())
    return tensors


def torch_axes(op, tensor):
    """From our order of axes to PyTorch's; only filters have four."""
    if tensor.dim() != 4:
        return tensor
    if op == "deconv":
        return tensor.permute(3, 0, 1, 2).reshape(-1, tensor.shape[2], 1, 1)
    return tensor.permute(2, 3, 0, 1) if op == "depthwise" else tensor.permute(3, 2, 0, 1)


def our_axes(op, tensor):
    if tensor.dim() != 4:
        return tensor
    if op == "deconv":
        return tensor.reshape(-1, 2, 2, tensor.shape[1]).permute(1, 2, 3, 0)
    return tensor.permute(2, 3, 0, 1) if op == "depthwise" else tensor.permute(2, 3, 1, 0)


def same_padding(size, window, stride):
    """TensorFlow's SAME: the odd row or column is at the end."""
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def convolve(layer, x, weight, bias):
    kernel, stride, padding = layer["kernel"], layer["stride"], layer["padding"]
    dilation = layer.get("dilation", 1)
    groups = x.shape[1] if layer["op"] == "depthwise" else 1
    if padding == "same":
        window = (kernel - 1) * dilation + 1
        top, bottom = same_padding(x.shape[2], window, stride)
        left, right = same_padding(x.shape[3], window, stride)
        padding = (top, left)
        if (top, left) != (bottom, right):
            x, padding = F.pad(x, (left, right, top, bottom)), 0
    return F.conv2d(x, weight, bias, stride, padding, dilation, groups)


def run_layer(layer, inputs, tensors):
    op, name = layer["op"], layer["name"]
    weight, bias = tensors.get(f"{name}.weight"), tensors.get(f"{name}.bias")
    if op in ("conv", "depthwise"):
        y = convolve(layer, inputs[0], weight, bias)
    elif op == "deconv":
        # Not conv_transpose2d, which multiplies with BLAS: a convolution of oneDNN is faster.
        y = F.pixel_shuffle(F.conv2d(inputs[0], weight, bias.repeat_interleave(4)), 2)
    elif op == "add":
        y = inputs[0] + inputs[1]
    else:
        sys.exit(f"this program has no layer {op}")
    activation = layer.get("activation")
    return ACTIVATIONS[activation](y) if activation else y


def inputs_of(layer):
    return layer.get("inputs") or [layer["input"]]


def forward(graph, tensors, image):
    """Heads [B, N, width] by name."""
    layers = graph["layers"]
    maps = {layers[0]["name"]: image}
    heads = {name for names in graph["heads"].values() for name in names}
    last_reader = {name: layer["name"] for layer in layers[1:] for name in inputs_of(layer)}
    for layer in layers[1:]:
        names = inputs_of(layer)
        maps[layer["name"]] = run_layer(layer, [maps[name] for name in names], tensors)
        for name in names:
            # As a module would: what autograd does not need is free again.
            if last_reader[name] == layer["name"] and name not in heads:
                del maps[name]

    def join(head):
        width = HEADS[head] or graph["numClasses"]
        levels = [maps[name].permute(0, 2, 3, 1).reshape(len(image), -1, width) for name in graph["heads"][head]]
        return torch.cat(levels, 1)

    return {head: join(head) for head in HEADS}


class Module:
    """Targets of the ARM or the ODM, prepared once: matching is not a part of the measured step."""

    def __init__(self, labels, offsets):
        labels = labels.long()
        self.positive = labels > 0
        self.background = labels == 0
        self.labels = labels.clamp(min=0)
        self.offsets = offsets[self.positive]
        self.counts = self.positive.sum(1).tolist()
        self.total = max(sum(self.counts), 1)

    def losses(self, conf, loc, negative_ratio, eligible=None):
        """Cross-entropy with hard negative mining, and smooth L1, both divided by the number of positives."""
        entropy = F.cross_entropy(conf.transpose(1, 2), self.labels, reduction="none")
        candidates = self.background if eligible is None else self.background & eligible
        available = candidates.sum(1).tolist()
        negatives = entropy.masked_fill(~candidates, -1)
        mined = [
            row.topk(min(count, int(negative_ratio * positives)), sorted=False).values.sum()
            for row, count, positives in zip(negatives, available, self.counts)
        ]
        loss_conf = (entropy[self.positive].sum() + torch.stack(mined).sum()) / self.total
        loss_loc = F.smooth_l1_loss(loc[self.positive], self.offsets, reduction="sum") / self.total
        return loss_conf, loss_loc


def detection_loss(heads, arm, odm, options):
    """The multi-task loss of RefineDet (paper, section 3.4), by part."""
    weights, ratio = options["weights"], options["negativeRatio"]
    arm_conf, arm_loc = arm.losses(heads["armConf"], heads["armLoc"], ratio)
    objectness = heads["armConf"].detach().softmax(2)[..., 1]
    eligible = objectness >= options["objectnessThreshold"]
    odm_conf, odm_loc = odm.losses(heads["odmConf"], heads["odmLoc"], ratio, eligible)
    parts = {"armConf": arm_conf, "armLoc": arm_loc, "odmConf": odm_conf, "odmLoc": odm_loc}
    return {name: weights[name] * part for name, part in parts.items()}


def check(name, value, tolerance):
    if not value <= tolerance:
        sys.exit(f"this is another network: the {name} differ by a fraction of {value:.2g}, more than {tolerance}")
    return value


def heads_difference(heads, ours):
    """Largest difference, as a fraction of the largest value of its head."""
    return max(((heads[name].detach() - ours[name]).abs().max() / ours[name].abs().max()).item() for name in HEADS)


def losses_difference(losses, ours):
    """Largest difference of a part, as a fraction of the total."""
    return max(abs(loss.item() - ours[name]) / ours["total"] for name, loss in losses.items())


def gradient_difference(pairs):
    """Norm of the difference of all gradients, as a fraction of the norm of ours."""
    squares = [((theirs - ours).square().sum(), ours.square().sum()) for theirs, ours in pairs]
    return (sum(a for a, _ in squares) / sum(b for _, b in squares)).sqrt().item()


def main(folder, layout, threads, warm_up, steps):
    torch.set_num_threads(int(threads))
    with open(os.path.join(folder, "step.json")) as file:
        step = json.load(file)
    graph = step["graph"]
    ops = {layer["name"]: layer["op"] for layer in graph["layers"]}
    batch = read_safetensors(os.path.join(folder, "batch.safetensors"))
    memory_format = torch.channels_last if layout == "channels-last" else torch.contiguous_format

    def op_of(name):
        return ops[name.rsplit(".", 1)[0]]

    def arranged(tensor):
        return tensor.contiguous(memory_format=memory_format) if tensor.dim() == 4 else tensor

    tensors = {
        name: arranged(torch_axes(op_of(name), tensor))
        for name, tensor in read_safetensors(os.path.join(folder, "model.safetensors")).items()
    }
    image = arranged(batch["input"].permute(0, 3, 1, 2))
    arm, odm = (Module(batch[f"{module}.labels"], batch[f"{module}.offsets"]) for module in ("arm", "odm"))
    groups = {}
    # Frozen layers require no gradient: autograd records nothing before the first trained one.
    for parameter in step["parameters"]:
        tensor = tensors[parameter["name"]].requires_grad_()
        groups.setdefault((parameter["learningRate"], parameter["weightDecay"]), []).append(tensor)
    trained = [tensor for group in groups.values() for tensor in group]
    options = step["optimizer"]
    optimizer = torch.optim.AdamW(
        [{"params": group, "lr": rate, "weight_decay": decay} for (rate, decay), group in groups.items()],
        betas=(options["beta1"], options["beta2"]),
        eps=options["epsilon"],
    )

    def gradients():
        optimizer.zero_grad(set_to_none=True)
        heads = forward(graph, tensors, image)
        losses = detection_loss(heads, arm, odm, step["loss"])
        sum(losses.values()).backward()
        return heads, losses

    def advance():
        gradients()
        torch.nn.utils.clip_grad_norm_(trained, options["clipNorm"])
        optimizer.step()

    heads, losses = gradients()
    pairs = [
        (our_axes(op_of(name), tensors[name].grad), batch[f"gradient.{name}"])
        for name in (parameter["name"] for parameter in step["parameters"])
    ]
    report = {
        "version": torch.__version__,
        "heads": check("heads", heads_difference(heads, batch), HEADS_TOLERANCE),
        "losses": check("losses", losses_difference(losses, step["losses"]), LOSS_TOLERANCE),
        "gradients": check("gradients", gradient_difference(pairs), GRADIENT_TOLERANCE),
    }
    for _ in range(int(warm_up)):
        advance()
    report["imageMs"] = []
    cpu = time.process_time()
    for _ in range(int(steps)):
        start = time.perf_counter()
        advance()
        report["imageMs"].append(1000 * (time.perf_counter() - start) / len(image))
    report["cpuMs"] = 1000 * (time.process_time() - cpu) / (int(steps) * len(image))
    print(json.dumps(report))


main(*sys.argv[1:])
