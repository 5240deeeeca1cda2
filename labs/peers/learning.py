"""scikit-learn on the split that the example `learning` writes: TF-IDF of words 1-2 and characters 3-5, calibrated LinearSVC.

Usage: python labs/peers/learning.py SPLIT.json. Prints JSON. The threshold for 95 % is chosen like ours on rows later than what
was learned: the newest quarter of the training rows, for a model of the others.
"""

import json
import sys
import time

import numpy as np
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC


def model():
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2)
    return make_pipeline(make_union(words, characters), CalibratedClassifierCV(LinearSVC(), cv=3))


def ece(confidence, right):
    bins = np.minimum((confidence * 10).astype(int), 9)
    return float(sum(abs((confidence - right)[bins == b].sum()) for b in range(10)) / len(right))


def threshold(confidence, right):
    """The lowest confidence above which 95 % were right, going down from the surest tenth."""
    order = np.argsort(-confidence, kind="stable")
    accuracy = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    chosen = 1.01
    for at in range(len(order) // 10, len(order)):
        if accuracy[at] < 0.95:
            break
        chosen = confidence[order[at]]
    return chosen


def judge(fitted, texts, classes):
    begun = time.perf_counter(), time.process_time()
    p = fitted.predict_proba(texts)
    speed = [len(texts) / (now - then) for now, then in zip((time.perf_counter(), time.process_time()), begun)]
    said = fitted.classes_[p.argmax(1)]
    return said, p.max(1), said == classes, speed


def measure(task, sender):
    def side(name):
        rows = task[name]
        texts = [r[0] + "\n" + r[1] + (" from_" + r[2].replace(" ", "_") if sender else "") for r in rows]
        return texts, np.array([r[3] for r in rows])

    (x, y), (xt, yt) = side("train"), side("test")
    cut = len(x) * 3 // 4
    early = model().fit(x[:cut], y[:cut])
    _, confidence, right, _ = judge(early, x[cut:], y[cut:])
    chosen = threshold(confidence, right)
    begun = time.perf_counter(), time.process_time()
    fitted = model().fit(x, y)
    train_s, train_cpu_s = time.perf_counter() - begun[0], time.process_time() - begun[1]
    said, confidence, right, (per_second, per_cpu_second) = judge(fitted, xt, yt)
    decided = confidence >= chosen
    return {
        "train_s": train_s,
        "train_cpu_s": train_cpu_s,
        "predict_per_s": per_second,
        "predict_per_cpu_s": per_cpu_second,
        "accuracy": float(right.mean()),
        "macro_f1": float(f1_score(yt, said, average="macro")),
        "ece": ece(confidence, right),
        "at_95": {
            "threshold": float(chosen),
            "decided": float(decided.mean()),
            "accuracy_of_decided": float(right[decided].mean()) if decided.any() else 1.0,
        },
    }


def main():
    tasks = json.load(open(sys.argv[1], encoding="utf-8"))
    out = {"version": sklearn.__version__}
    for task in tasks:
        out[task["name"]] = measure(task, False)
        if task["name"] == "groups_16":
            out["groups_16_with_sender"] = measure(task, True)
    print(json.dumps(out))


main()
