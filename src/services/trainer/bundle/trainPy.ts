/** The training script of a bundle: Hugging Face's Trainer over the bundle's own split and settings. Python 3.10 or later. */
export const trainPy = String.raw`"""Fine-tunes the classifier of a Verbena notebook with Hugging Face's Trainer.

    pip install -r requirements.txt
    python train.py                      # one device
    accelerate launch train.py           # several devices or machines, after "accelerate config"

Everything comes from the files beside this script: settings.json (model, hyperparameters, labels), data/*.jsonl (the
notebook's split, texts already preprocessed), tokenizer/. Batches are of the same size as in the notebook however many
devices share them; what differs is how they are drawn, so numbers agree in kind, not bit for bit.
"""

import argparse
import inspect
import json
import math
import os
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    EarlyStoppingCallback,
    Trainer,
    TrainingArguments,
    set_seed,
)

HERE = Path(__file__).resolve().parent


class Rows(Dataset):
    """One part of the split: texts as token ids, labels as a 0/1 vector."""

    def __init__(self, part, tokenizer, label_ids, max_length):
        with open(HERE / "data" / f"{part}.jsonl", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file if line.strip()]
        texts = [row["text"] for row in rows]
        self.encoded = tokenizer(texts, truncation=True, max_length=max_length)["input_ids"] if texts else []
        self.labels = np.zeros((len(rows), len(label_ids)), dtype=np.float32)
        for at, row in enumerate(rows):
            for label in row["labels"]:
                self.labels[at, label_ids[label]] = 1.0
        self.tokenizer = tokenizer

    def __len__(self):
        return len(self.encoded)

    def __getitem__(self, at):
        ids = self.encoded[at]
        item = {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": self.labels[at]}
        if "token_type_ids" in self.tokenizer.model_input_names:
            types = [0] * len(ids)
            # XLNet's classification token, which comes last, is of a segment of its own.
            if self.tokenizer.cls_token_id is not None and ids and ids[-1] == self.tokenizer.cls_token_id:
                types[-1] = 2
            item["token_type_ids"] = types
        return item


def positive_weights(loss, counts):
    """Weights of true cells with mean 1 over labels: inverse frequency, or the effective number of Cui et al. (2019)."""
    counts = np.maximum(1.0, counts.astype(np.float64))
    beta = loss.get("beta", 0.999)
    if loss["weighting"] == "inverse-frequency":
        raw = 1.0 / counts
    elif beta == 0:
        raw = np.ones_like(counts)
    else:
        raw = (1.0 - beta) / -np.expm1(counts * np.log1p(beta - 1.0))
    return torch.tensor(raw / raw.mean(), dtype=torch.float32)


def loss_of(settings, counts):
    """The notebook's loss as a function of logits and targets, mean over all cells (cross-entropy: over rows, which have one label each)."""
    loss = settings.get("loss") or {"kind": "bce"}
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    softplus = torch.nn.functional.softplus
    if loss["kind"] == "bce":
        return lambda logits, targets: bce(logits, targets)
    if loss["kind"] == "cross-entropy":
        return lambda logits, targets: torch.nn.functional.cross_entropy(logits, targets.argmax(1))
    if loss["kind"] == "weighted":
        weights = positive_weights(loss, counts)
        return lambda logits, targets: bce(logits, targets, pos_weight=weights.to(logits.device))
    if loss["kind"] == "focal":
        gamma, alpha = loss["gamma"], loss["alpha"]

        def focal(logits, targets):
            p = torch.sigmoid(logits)
            true = (1 - p) ** gamma * softplus(-logits) * (1 if alpha is None else alpha)
            false = p**gamma * softplus(logits) * (1 if alpha is None else 1 - alpha)
            return (targets * true + (1 - targets) * false).mean()

        return focal

    positive, negative, clip = loss["gammaPositive"], loss["gammaNegative"], loss["clip"]

    def asymmetric(logits, targets):
        p = torch.sigmoid(logits)
        shifted = (p - clip).clamp(min=0)
        true = (1 - p) ** positive * softplus(-logits)
        false = shifted**negative * -torch.log1p(-shifted.clamp(max=1 - 1e-7))
        return (targets * true + (1 - targets) * false).mean()

    return asymmetric


class MultiLabelTrainer(Trainer):
    def __init__(self, *args, cell_loss, decay_all, is_single_label=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.cell_loss = cell_loss
        self.decay_all = decay_all
        self.is_single_label = is_single_label
        # The loss is a mean of each micro-batch: the Trainer has to divide by the accumulation steps itself.
        self.model_accepts_loss_kwargs = False

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        targets = inputs.pop("labels")
        outputs = model(**inputs)
        # Evaluations show plain binary cross-entropy, as in the notebook, so that losses can be compared; of single labels their own loss.
        bce = torch.nn.functional.binary_cross_entropy_with_logits
        loss = (self.cell_loss if model.training or self.is_single_label else bce)(outputs.logits.float(), targets.float())
        return (loss, {"logits": outputs.logits}) if return_outputs else loss

    def prediction_step(self, model, inputs, prediction_loss_only, ignore_keys=None):
        inputs = self._prepare_inputs(inputs)
        targets = inputs["labels"]
        with torch.no_grad():
            loss, outputs = self.compute_loss(model, dict(inputs), return_outputs=True)
        logits = outputs["logits"].detach()
        if self.is_single_label:
            # Log-odds of the softmax, as the notebook keeps them: above 0 where a label has more than half.
            log_p = logits.float().log_softmax(1)
            logits = log_p - (-torch.expm1(log_p)).clamp(min=1e-30).log()
        return loss.detach(), logits, targets

    def get_decay_parameter_names(self, model):
        if self.decay_all:
            return [name for name, _ in model.named_parameters()]
        return super().get_decay_parameter_names(model)


def scores(prediction):
    """Micro-F1, macro-F1, label-wise and subset accuracy at a threshold of 0.5."""
    logits, targets = prediction.predictions, prediction.label_ids > 0.5
    decided = logits >= 0.0
    hits = (decided & targets).sum(0).astype(np.float64)
    sums = decided.sum(0) + targets.sum(0)
    per_label = np.divide(2 * hits, sums, out=np.zeros_like(hits), where=sums > 0)
    return {
        "micro_f1": float(2 * hits.sum() / max(1, sums.sum())),
        "macro_f1": float(per_label.mean()),
        "label_accuracy": float((decided == targets).mean()),
        "subset_accuracy": float((decided == targets).all(1).mean()),
    }


# Arguments by the names that transformers 4.46 to 5 know, and what 4.40 called them.
RENAMED = (("eval_strategy", "evaluation_strategy"), ("processing_class", "tokenizer"))


def known(constructor, **arguments):
    """The same arguments under the names of the installed version."""
    names = inspect.signature(constructor).parameters
    for now, before in RENAMED:
        if now in arguments and now not in names:
            arguments[before] = arguments.pop(now)
    return arguments


DROPOUTS = (
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "classifier_dropout",
    "dropout",
    "attention_dropout",
    "seq_classif_dropout",
    "summary_last_dropout",
)


def build(settings, labels, source):
    """The model to start from: weights of the hub or of model/, else (an untrained model) drawn from config.json."""
    config = AutoConfig.from_pretrained(
        source or HERE / "config.json",
        revision=settings["revision"] if source == settings["repository"] and source else None,
    )
    config.num_labels = len(labels)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: at for at, label in enumerate(labels)}
    is_single = (settings["hyperparameters"].get("loss") or {}).get("kind") == "cross-entropy"
    config.problem_type = "single_label_classification" if is_single else "multi_label_classification"
    dropout = settings["hyperparameters"].get("dropout")
    if dropout is not None:
        for name in DROPOUTS:
            if hasattr(config, name):
                setattr(config, name, dropout)
    if not source:
        return AutoModelForSequenceClassification.from_config(config)
    revision = settings["revision"] if source == settings["repository"] else None
    return AutoModelForSequenceClassification.from_pretrained(
        source, config=config, revision=revision, ignore_mismatched_sizes=True
    )


def restrict(model, trained):
    """Freezes parts and adds low-rank updates, as the notebook did."""
    if not trained:
        return model
    for name, parameter in model.named_parameters():
        for group in trained.get("frozen", []):
            is_part = "embedding" in name if group == "embedding" else f".{group}." in f".{name}"
            if is_part:
                parameter.requires_grad = False
    lora = trained.get("lora")
    if not lora:
        return model
    if model.config.model_type == "xlnet":
        raise SystemExit("PEFT cannot adapt XLNet's attention, whose matrices are bare parameters: train it whole.")
    from peft import LoraConfig, TaskType, get_peft_model

    targets = lora["targets"] or ["query", "value", "q_lin", "v_lin"]
    present = [target for target in targets if any(name.endswith(f".{target}") for name, _ in model.named_modules())]
    return get_peft_model(
        model,
        LoraConfig(
            task_type=TaskType.SEQ_CLS,
            r=lora["rank"],
            lora_alpha=lora["alpha"],
            lora_dropout=lora["dropout"],
            target_modules=present,
        ),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a hub name or a folder; default: what the notebook began with")
    parser.add_argument("--output", default="output")
    parser.add_argument("--per-device-batch", type=int, default=None, help="rows a device takes at once")
    parser.add_argument("--bf16", action="store_true")
    arguments = parser.parse_args()

    with open(HERE / "settings.json", encoding="utf-8") as file:
        settings = json.load(file)
    chosen = settings["hyperparameters"]
    labels = settings["labels"]
    label_ids = {label: at for at, label in enumerate(labels)}
    set_seed(settings["seed"])

    source = arguments.model or settings["repository"]
    if source is None and settings["hasWeights"]:
        source = str(HERE / "model")
    tokenizer = AutoTokenizer.from_pretrained(HERE / "tokenizer")
    if chosen.get("keeps") == "tail":
        tokenizer.truncation_side = "left"
    for name, usual in (("longTexts", "truncate"), ("encoding", None), ("keeps", "head")):
        value = chosen.get(name) or usual
        if value != usual and value != "tail" and value != {"kind": "binary-relevance"}:
            print(f"note: the notebook's {name} was {value}; this script cuts texts and trains one output a label")
    train, validation, test = (
        Rows(part, tokenizer, label_ids, chosen["maxLength"]) for part in ("train", "validation", "test")
    )
    model = restrict(build(settings, labels, source), chosen.get("trained"))

    world = int(os.environ.get("WORLD_SIZE", "1"))
    batch = chosen["batchSize"]
    per_device = arguments.per_device_batch or max(1, min(16, batch // world))
    accumulation = max(1, math.ceil(batch / (per_device * world)))
    if per_device * world * accumulation != batch:
        print(f"note: a step sees {per_device * world * accumulation} rows, not the notebook's {batch}")

    evaluates = len(validation) > 0
    metric = {"microF1": "micro_f1", "macroF1": "macro_f1", "loss": "loss"}[chosen["bestMetric"]]
    schedule = {"constant": "constant_with_warmup", "linear": "linear", "cosine": "cosine"}[chosen["schedule"]]
    training = TrainingArguments(**known(
        TrainingArguments.__init__,
        output_dir=arguments.output,
        per_device_train_batch_size=per_device,
        per_device_eval_batch_size=4 * per_device,
        gradient_accumulation_steps=accumulation,
        learning_rate=chosen["learningRate"],
        lr_scheduler_type=schedule,
        warmup_steps=chosen["warmupSteps"],
        weight_decay=chosen["weightDecay"],
        adam_beta1=chosen["beta1"],
        adam_beta2=chosen["beta2"],
        adam_epsilon=chosen["epsilon"],
        max_grad_norm=chosen["clipNorm"] or 0.0,
        num_train_epochs=chosen["epochs"],
        max_steps=chosen["maxSteps"] or -1,
        eval_strategy="steps" if evaluates else "no",
        eval_steps=chosen["evaluateEverySteps"] if evaluates else None,
        save_strategy="steps",
        save_steps=chosen["evaluateEverySteps"] if evaluates else chosen["checkpointEverySteps"],
        save_total_limit=2,
        load_best_model_at_end=evaluates,
        metric_for_best_model=f"eval_{metric}" if evaluates else None,
        greater_is_better=metric != "loss" if evaluates else None,
        logging_steps=10,
        report_to="none",
        remove_unused_columns=False,
        label_names=["labels"],
        bf16=arguments.bf16,
        seed=settings["seed"],
    ))
    patience = chosen.get("patience")
    trainer = MultiLabelTrainer(**known(
        Trainer.__init__,
        model=model,
        args=training,
        train_dataset=train,
        eval_dataset=validation if evaluates else None,
        processing_class=tokenizer,
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_metrics=scores,
        callbacks=[EarlyStoppingCallback(patience)] if patience and evaluates else [],
        cell_loss=loss_of(chosen, train.labels.sum(0)),
        is_single_label=(chosen.get("loss") or {}).get("kind") == "cross-entropy",
        decay_all=chosen["decay"] == "all",
    ))
    trainer.train()
    if len(test) > 0:
        metrics = trainer.evaluate(test, metric_key_prefix="test")
        trainer.log_metrics("test", metrics)
        trainer.save_metrics("test", metrics)
    trainer.save_model(str(Path(arguments.output) / "final"))


if __name__ == "__main__":
    main()
`;

/** Run with transformers 5.18, torch 2.13, accelerate 1.15; written for transformers from 4.40 on (`RENAMED`). */
export const requirements = (usesLora: boolean) => `torch>=2.2
transformers>=4.40
accelerate>=0.27
numpy
sentencepiece
${usesLora ? 'peft>=0.13\n' : ''}`;
