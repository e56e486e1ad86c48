# %% [markdown]
# Other right ways to do exercise 4.8 (the adjoint test, and a hunt); each gets full marks.

# %% by_vdot_and_other_mends
def adjoint_gap(push, pull, v, w):
    pushed, pulled = np.asarray(push(v)), np.asarray(pull(w))
    left, right = np.vdot(pushed, w), np.vdot(v, pulled)

    def size(x):
        return np.sqrt(np.vdot(x, x))

    scale = max(size(pushed) * size(w), size(v) * size(pulled))
    return abs(left - right) / scale


def hunt():
    return {
        12: "        M = (1 - np.tanh(A[r] @ X[r] + b[r]) ** 2) * gx",
        14: "        gA[r] = (X[r] @ M.T).T  # turned over",
    }


# %% flat_and_the_other_way_round
def adjoint_gap(push, pull, v, w):
    Jv, JTw = np.ravel(push(v)), np.ravel(pull(w))
    v, w = np.ravel(v), np.ravel(w)
    scales = [math.hypot(*Jv) * math.hypot(*w), math.hypot(*v) * math.hypot(*JTw)]
    return np.abs(Jv.dot(w) - JTw.dot(v)) / max(scales)


def hunt():
    return {
        14: "        gA[r] = np.einsum('is,js->ij', M, X[r])",
        12: "        M = gx - gx * X[r + 1] ** 2",
    }


# %% flat_arrays_and_numpy_integers
def adjoint_gap(push, pull, v, w):
    jv = np.ravel(push(v))
    jw = np.ravel(pull(w))
    v = np.ravel(v)
    w = np.ravel(w)
    scale = max(np.linalg.norm(jv) * np.linalg.norm(w), np.linalg.norm(v) * np.linalg.norm(jw))
    return np.abs(jv.dot(w) - v.dot(jw)) / scale


def hunt():
    fixes = dict()
    fixes[np.int64(12)] = "        M = (1 - X[r + 1] ** 2) * gx  # what comes out"
    fixes[14] = "        gA[r] = (X[r] @ M.T).T\n"
    return fixes
