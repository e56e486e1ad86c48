# %% [markdown]
# Wrong ways to do exercise 7.7 (by the path, by the score, by trial); each loses marks, for the reason named.

# %% not_spread diagnosis="wrong_point"
def path_slopes(f, theta, sigma, noise):
    """Estimates of the derivative of E[f(theta + sigma noise)] by theta: by the path."""
    return dp.grad(lambda x: dp.sum(f(x)))(theta + noise)


# %% all_at_theta diagnosis="wrong_point"
def path_slopes(f, theta, sigma, noise):
    """Estimates of the derivative of E[f(theta + sigma noise)] by theta: by the path."""
    return dp.grad(lambda x: dp.sum(f(x)))(theta + 0 * noise)


# %% mean_for_sum diagnosis="wrong_value"
def path_slopes(f, theta, sigma, noise):
    """Estimates of the derivative of E[f(theta + sigma noise)] by theta: by the path."""
    return dp.grad(lambda x: dp.mean(f(x)))(theta + sigma * noise)


# %% by_the_noise diagnosis="factor"
def path_slopes(f, theta, sigma, noise):
    """Estimates of the derivative of E[f(theta + sigma noise)] by theta: by the path."""
    return dp.grad(lambda e: dp.sum(f(theta + sigma * e)))(noise)


# %% by_sigma diagnosis="repeated_factor"
def path_slopes(f, theta, sigma, noise):
    """Estimates of the derivative of E[f(theta + sigma noise)] by theta: by the path."""
    return dp.grad(lambda x: dp.sum(f(x)))(theta + sigma * noise) * noise


# %% one_number diagnosis="shape"
def path_slopes(f, theta, sigma, noise):
    """Estimates of the derivative of E[f(theta + sigma noise)] by theta: by the path."""
    return float(np.mean(dp.grad(lambda x: dp.sum(f(x)))(theta + sigma * noise)))


# %% no_sigma diagnosis="missing_factor"
def score_slopes(f, theta, sigma, noise, baseline=0.0):
    """The same, by the score, with a baseline subtracted from f."""
    return (f(theta + sigma * noise) - baseline) * noise


# %% sigma_squared diagnosis="repeated_factor"
def score_slopes(f, theta, sigma, noise, baseline=0.0):
    """The same, by the score, with a baseline subtracted from f."""
    return (f(theta + sigma * noise) - baseline) * noise / sigma**2


# %% ignores_the_baseline diagnosis="missing_term"
def score_slopes(f, theta, sigma, noise, baseline=0.0):
    """The same, by the score, with a baseline subtracted from f."""
    return f(theta + sigma * noise) * noise / sigma


# %% baseline_last diagnosis="wrong_rule"
def score_slopes(f, theta, sigma, noise, baseline=0.0):
    """The same, by the score, with a baseline subtracted from f."""
    return f(theta + sigma * noise) * noise / sigma - baseline


# %% times_the_sample diagnosis="wrong_argument"
def score_slopes(f, theta, sigma, noise, baseline=0.0):
    """The same, by the score, with a baseline subtracted from f."""
    return (f(theta + sigma * noise) - baseline) * (theta + sigma * noise) / sigma


# %% differentiates_the_reward diagnosis="other_function"
def score_slopes(f, theta, sigma, noise, baseline=0.0):
    """The same, by the score, with a baseline subtracted from f."""
    return dp.grad(lambda x: dp.sum(f(x) - baseline))(theta + sigma * noise)


# %% deviation_for_error diagnosis="missing_factor"
def z_score(slopes, truth):
    """Standard errors between the mean of the slopes and the truth."""
    error = np.std(slopes, ddof=1)
    return (np.mean(slopes) - truth) / error


# %% divides_by_n diagnosis="factor"
def z_score(slopes, truth):
    """Standard errors between the mean of the slopes and the truth."""
    error = np.std(slopes, ddof=0) / np.sqrt(len(slopes))
    return (np.mean(slopes) - truth) / error


# %% no_root diagnosis="repeated_factor"
def z_score(slopes, truth):
    """Standard errors between the mean of the slopes and the truth."""
    error = np.std(slopes, ddof=1) / len(slopes)
    return (np.mean(slopes) - truth) / error


# %% truth_minus_mean diagnosis="sign"
def z_score(slopes, truth):
    """Standard errors between the mean of the slopes and the truth."""
    error = np.std(slopes, ddof=1) / np.sqrt(len(slopes))
    return (truth - np.mean(slopes)) / error


# %% loses_the_sign diagnosis="sign"
def z_score(slopes, truth):
    """Standard errors between the mean of the slopes and the truth."""
    error = np.std(slopes, ddof=1) / np.sqrt(len(slopes))
    return abs(np.mean(slopes) - truth) / error


# %% times_sigma diagnosis="factor"
def score_slopes(f, theta, sigma, noise, baseline=0.0):
    """The same, by the score, with a baseline subtracted from f."""
    return (f(theta + sigma * noise) - baseline) * noise * sigma


# %% reward_not_spread diagnosis="wrong_point"
def score_slopes(f, theta, sigma, noise, baseline=0.0):
    """The same, by the score, with a baseline subtracted from f."""
    return (f(theta + noise) - baseline) * noise / sigma


# %% baseline_added diagnosis="sign"
def score_slopes(f, theta, sigma, noise, baseline=0.0):
    """The same, by the score, with a baseline subtracted from f."""
    return (f(theta + sigma * noise) + baseline) * noise / sigma


# %% scales_the_noise diagnosis="mutated_input"
def path_slopes(f, theta, sigma, noise):
    """Estimates of the derivative of E[f(theta + sigma noise)] by theta: by the path."""
    noise *= sigma
    return dp.grad(lambda x: dp.sum(f(x)))(theta + noise)


# %% root_on_the_wrong_side diagnosis="wrong_rule"
def z_score(slopes, truth):
    """Standard errors between the mean of the slopes and the truth."""
    return (np.mean(slopes) - truth) / np.std(slopes, ddof=1) / np.sqrt(len(slopes))


# %% forgets_the_brackets diagnosis="wrong_order"
def z_score(slopes, truth):
    """Standard errors between the mean of the slopes and the truth."""
    error = np.std(slopes, ddof=1) / np.sqrt(len(slopes))
    return np.mean(slopes) - truth / error


# %% variance_for_deviation diagnosis="repeated_factor"
def z_score(slopes, truth):
    """Standard errors between the mean of the slopes and the truth."""
    return (np.mean(slopes) - truth) * np.sqrt(len(slopes)) / np.var(slopes, ddof=1)


# %% shifts_the_slopes diagnosis="mutated_input"
def z_score(slopes, truth):
    """Standard errors between the mean of the slopes and the truth."""
    error = np.std(slopes, ddof=1) / np.sqrt(len(slopes))
    slopes -= truth
    return np.mean(slopes) / error
