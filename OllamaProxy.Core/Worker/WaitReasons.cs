using OllamaProxy.Configuration;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Worker;

/// <summary>Tells what queued prompts wait for. While it is asked, the backends are watched closely, so that it tells the truth.</summary>
public sealed class WaitReasons(
    BackendPool backends, Dispatcher dispatcher, QueuePauses pauses, AccountLedger accounts, OllamaProxyOptions options, TimeProvider time)
    : IWaitReasons
{
    /// <inheritdoc/>
    public bool IsStalled => pauses.Current.IsQueuePaused
        || (options.Worker && backends.All.All(backend => backend.State.Health == BackendHealth.Unreachable));

    /// <inheritdoc/>
    public WaitReason? Find(Prompt prompt)
    {
        var now = time.GetUtcNow();
        var model = ModelName.Canonical(prompt.Model ?? options.Model);
        if (pauses.Current.IsQueuePaused || pauses.Current.Models.Contains(model))
            return WaitReason.Paused;
        if (QueueRank.IsBulk(prompt.Priority) && options.BulkHours?.IsOpen(now) is false)
            return WaitReason.BulkHours;
        if (!options.Worker)
            return prompt.AvailableAt > now ? WaitReason.Retry : null;
        backends.WatchClosely();
        var states = backends.All.Select(backend => backend.State).ToList();
        var reason = Of(model, prompt.AvailableAt, dispatcher.IsOvertaken(model, prompt), options.WaitForModel, states, now);
        return reason is not (WaitReason.Slot or WaitReason.Window) ? reason
            : states.All(state => IsPausedFor(model, state)) ? WaitReason.Paused
            : accounts.Room.Has(prompt.Account ?? "") ? reason : WaitReason.Limit;
    }

    /// <summary>Whether a backend is paused, or could not run the model anyway.</summary>
    private bool IsPausedFor(string model, BackendState backend) =>
        pauses.Current.Backends.Contains(backend.Name) || backend.Health == BackendHealth.Unreachable
        || (model.Length > 0 && !backend.MayHave(model));

    /// <summary>What a queued prompt waits for. Pure: the same in gives the same out.</summary>
    /// <param name="model">The canonical name of its model; empty: it names none, and may run anywhere.</param>
    /// <param name="availableAt">When its next attempt is due; null: at once.</param>
    /// <param name="isOvertaken">Whether prompts that came later have been run before it.</param>
    /// <param name="waitsForModel">Whether a prompt whose model no backend has waits for it; else it is sent to one that says so, and
    /// needs a slot for that.</param>
    /// <param name="backends">The states of the backends. One whose state is unknown may answer.</param>
    /// <param name="now">The time.</param>
    public static WaitReason Of(
        string model,
        DateTimeOffset? availableAt,
        bool isOvertaken,
        bool waitsForModel,
        IReadOnlyList<BackendState> backends,
        DateTimeOffset now)
    {
        var able = backends.Where(backend => model.Length == 0 || backend.Has(model)).ToList();
        // A list of models is a hint: a backend is asked unless it has answered that it does not have the model.
        var canBeAsked = backends.Any(backend =>
            backend.Health != BackendHealth.Unreachable && (model.Length == 0 || backend.MayHave(model)));
        // A backend that is away may have the model, so the prompt waits for it first. A retry does so, too.
        if (backends.All(backend => backend.Health == BackendHealth.Unreachable) || (able.Count > 0 && !canBeAsked))
            return WaitReason.Backend;
        if (!canBeAsked && waitsForModel)
            return WaitReason.Model;
        if (availableAt > now)
            return WaitReason.Retry;
        return isOvertaken ? WaitReason.Window : WaitReason.Slot;
    }
}
