using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Model;

/// <summary>
/// Tells a store and a <see cref="StoreModel"/> the same, and holds what they answer, and what can then be seen, against each other.
/// </summary>
internal sealed class StoreRun(IPromptStore store, FakeTimeProvider time, Func<IPromptStore, Task<IPromptStore>> reopenAsync)
{
    private const int HighestConcurrency = 3;
    private static readonly ClaimTerms Terms = new(
        HighestConcurrency, TimeSpan.FromMinutes(1), ModelPrompt.DefaultMaxAttempts, "http://ollama/");

    private readonly StoreModel _model = new(time);
    /// <summary>In the order in which they were submitted, claimed or meant last; those that are gone among them.</summary>
    private readonly List<ModelPrompt> _prompts = [];

    /// <summary>What the workers remember, whatever it is worth.</summary>
    private readonly List<ModelLease> _remembered = [];
    private int _texts;

    /// <summary>The store, as it was last opened.</summary>
    public IPromptStore Store { get; private set; } = store;

    private DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Runs commands, and compares after each.</summary>
    public async Task RunAsync(IEnumerable<StoreCommand> commands)
    {
        foreach (var command in commands)
        {
            await command.RunAsync(this);
            await CompareAsync();
        }
    }

    public async Task SubmitAsync(NewPrompt prompt, long maxQueued)
    {
        prompt = prompt with { Text = NewText() };
        var adding = Store.AddAsync(prompt, maxQueued, default);
        if (_model.FindEarlier(prompt) is { } earlier)
        {
            var same = earlier.Submitted.Fingerprint is { } fingerprint && fingerprint.Span.SequenceEqual(prompt.Fingerprint!.Value.Span);
            ModelAssert.Shown(earlier, (await adding).Prompt);
            Assert.Equal(same ? SubmissionOutcome.Repeated : SubmissionOutcome.Conflicting, (await adding).Outcome);
        }
        else if (_model.IsFull(1, maxQueued))
            await Assert.ThrowsAsync<QueueFullException>(() => adding);
        else if (_model.IsOverLimit(prompt, 1))
            await Assert.ThrowsAsync<OverLimitException>(() => adding);
        else
        {
            Assert.Equal(SubmissionOutcome.Accepted, (await adding).Outcome);
            Accept(prompt, null, (await adding).Prompt);
        }
    }

    public async Task SubmitBatchAsync(IReadOnlyList<NewPrompt> prompts, long maxQueued)
    {
        // A batch is of one owner.
        prompts = [.. prompts.Select(prompt => prompt with
        {
            Text = NewText(),
            Owner = prompts[0].Owner,
            Account = prompts[0].Account,
            Limits = prompts[0].Limits,
        })];
        var batch = Guid.NewGuid();
        var adding = Store.AddBatchAsync(batch, prompts, maxQueued, default);
        if (_model.IsFull(prompts.Count, maxQueued))
            await Assert.ThrowsAsync<QueueFullException>(() => adding);
        else if (prompts.Count > 0 && _model.IsOverLimit(prompts[0], prompts.Count))
            await Assert.ThrowsAsync<OverLimitException>(() => adding);
        else
            foreach (var (prompt, added) in prompts.Zip(await adding))
                Accept(prompt, batch, added);
    }

    /// <param name="concurrency">How many slots there are.</param>
    /// <param name="afterWhich">The lease in whose slot the prompt is to follow; null: a free one is needed.</param>
    public async Task ClaimAsync(int concurrency, int? afterWhich = null)
    {
        var after = afterWhich < _remembered.Count ? _remembered[^(afterWhich.Value + 1)] : null;
        var expected = _model.Claim(concurrency, after);
        var claimed = await Store.ClaimAsync(Terms with { Concurrency = concurrency, PredecessorLease = after?.Lease }, default);
        Assert.Equal(
            expected is null ? default : (expected.Shown.Id, expected.Shown.Attempts, expected.Shown.MaxAttempts, expected.Submitted.Text),
            claimed is null ? default : (claimed.Id, claimed.Attempt, claimed.MaxAttempts, claimed.Text));
        if (claimed is null)
            return;
        var lease = new ModelLease(expected!, claimed.Lease, Now + Terms.LeaseLength, _model.IsHeld(after) ? after!.Slot : new());
        Assert.All(_remembered, other => Assert.NotEqual(other.Lease, lease.Lease));
        Touch(expected!);
        _remembered.Add(lease);
        _model.Leases.Add(lease);
        Assert.InRange(_model.Leases.DistinctBy(held => held.Slot).Count(), 1, HighestConcurrency);
    }

    public Task GetLeaseStateAsync(int which) =>
        WithLeaseAsync(which, lease => (_model.LookAt(lease), Store.GetLeaseStateAsync(lease.Lease, default)));

    public Task RenewAsync(int which, TimeSpan length) =>
        WithLeaseAsync(which, lease => (_model.Renew(lease, length), Store.RenewAsync(lease.Lease, length, default)));

    /// <summary>As a worker does it, which hands in whatever follows on what it handed in before.</summary>
    public Task AppendAsync(int which, TimeSpan length) => WithLeaseAsync(which, lease =>
    {
        var (text, thinking) = (NewText(), NewText());
        var (offset, state) = (lease.HandedIn, _model.Append(lease, text, thinking, length));
        lease.HandedIn = new TextChunk(offset, text, thinking).End;
        return (state, Store.AppendAsync(lease.Lease, new(offset, text, thinking), length, default));
    });

    public Task CompleteAsync(int which) => WithLeaseAsync(which, lease =>
    {
        var result = ToResult(NewText())!;
        return (_model.Complete(lease, result), Store.CompleteAsync(lease.Lease, result, default));
    });

    public Task FailAsync(int which, bool hasPartial) => WithLeaseAsync(which, lease =>
    {
        var (error, partial) = (NewText(), hasPartial ? ToResult(NewText()) : null);
        return (_model.Fail(lease, error, partial), Store.FailAsync(lease.Lease, error, partial, default));
    });

    /// <summary>As a worker does it, which fails the prompt after its last attempt.</summary>
    public Task RequeueAsync(int which, TimeSpan wait, bool counts = true) => WithLeaseAsync(which, lease =>
    {
        var error = NewText();
        return lease.IsLastAttempt && counts
            ? (_model.Fail(lease, error, null), Store.FailAsync(lease.Lease, error, null, default))
            : (_model.Requeue(lease, error, Now + wait, counts), Store.RequeueAsync(lease.Lease, error, null, Now + wait, counts, default));
    });

    public Task ReleaseAsync(int which) =>
        WithLeaseAsync(which, lease => (_model.Release(lease), Store.ReleaseAsync(lease.Lease, null, default)));

    public Task StopAsync(int which, bool hasPartial) => WithLeaseAsync(which, lease =>
    {
        var partial = hasPartial ? ToResult(NewText()) : null;
        return (_model.Stop(lease, partial), Store.StopAsync(lease.Lease, partial, default));
    });

    public Task CancelAsync(int which) => WithPromptAsync(which, [PromptStatus.Processing], async (prompt, isThere) =>
    {
        if (isThere)
            _model.Cancel(prompt);
        ModelAssert.Shown(isThere ? prompt : null, await Store.CancelAsync(prompt.Shown.Id, default));
    });

    public Task RetryAsync(int which) => WithPromptAsync(which, [PromptStatus.Failed, PromptStatus.Cancelled], async (prompt, isThere) =>
        ModelAssert.Change(prompt, isThere, isThere && _model.Retry(prompt), await Store.RetryAsync(prompt.Shown.Id, default)));

    public Task ChangePriorityAsync(int which, int priority) => WithPromptAsync(which, [PromptStatus.Queued], async (prompt, isThere) =>
        ModelAssert.Change(prompt, isThere, isThere && _model.ChangePriority(prompt, priority),
            await Store.ChangePriorityAsync(prompt.Shown.Id, priority, default)));

    public Task DeleteAsync(int which) => WithPromptAsync(which, [], async (prompt, isThere) =>
    {
        _model.Prompts.Remove(prompt);
        Assert.Equal(isThere, await Store.DeleteAsync(prompt.Shown.Id, default));
    });

    public async Task RecoverExpiredAsync() => Assert.Equal(_model.Sweep(), await Store.RecoverExpiredAsync(Terms, [], default));

    public async Task PurgeAsync(TimeSpan age, int limit) =>
        Assert.Equal(_model.Purge(Now - age, limit), await Store.PurgeAsync(Now - age, limit, default));

    public Task WaitAsync(TimeSpan wait)
    {
        time.Advance(wait);
        return Task.CompletedTask;
    }

    /// <summary>The workers forget their leases; the store does not.</summary>
    public async Task CrashAsync()
    {
        _remembered.Clear();
        Store = await reopenAsync(Store);
    }

    /// <summary>Compares all that can be seen.</summary>
    private async Task CompareAsync()
    {
        var page = await Store.ListAsync(new(1, 1000), default);
        Assert.Equal(_model.Prompts.Count, page.Total);
        Assert.Equal(_model.Prompts.Select(prompt => prompt.Submitted.Text).Reverse(), page.Prompts.Select(prompt => prompt.Preview));
        var counts = await Store.CountAsync(null, null, default);
        Assert.All(Enum.GetValues<PromptStatus>(), status => Assert.Equal(_model.With(status).Count(), counts.GetValueOrDefault(status)));

        await ModelAssert.CountedAsync("alice", _model, Store);
        foreach (var (prompt, shown) in _model.Prompts.Zip(page.Prompts.Reverse()))
        {
            ModelAssert.Shown(prompt, shown.Prompt);
            ModelAssert.Shown(prompt, await Store.FindAsync(prompt.Shown.Id, default));
            Assert.InRange(shown.Prompt.Attempts, 0, prompt.MaxAttempts);
            Assert.Equal(prompt.Result, await Store.WholeResultAsync(prompt.Shown.Id));
            var generated = await Store.ReadGeneratedAsync(prompt.Shown, default, default);
            Assert.Equal((prompt.Generated?.Text ?? "", prompt.Generated?.Thinking ?? ""), (generated.Text, generated.Thinking));
            Assert.Equal(prompt.Attempts, (await Store.ListAttemptsAsync(prompt.Shown.Id, default)).Select(attempt => attempt.Number));
        }
        foreach (var (ahead, prompt) in _model.Queue.Index())
            Assert.Equal(ahead, await Store.CountAheadAsync(prompt.Shown, default));
        foreach (var gone in _prompts.Except(_model.Prompts))
            Assert.Null(await Store.FindAsync(gone.Shown.Id, default));
    }

    private void Accept(NewPrompt submitted, Guid? batch, Prompt added)
    {
        var prompt = ModelPrompt.Of(submitted, batch, added, Now);
        ModelAssert.Shown(prompt, added);
        _model.Prompts.Add(prompt);
        _prompts.RemoveAll(gone => gone.Shown.Id == added.Id);
        Touch(prompt);
    }

    private void Touch(ModelPrompt prompt)
    {
        _prompts.Remove(prompt);
        _prompts.Add(prompt);
    }

    /// <summary>Those in the statuses that matter most for the command come first, the one that was meant last before others.</summary>
    private async Task WithPromptAsync(int which, PromptStatus[] statuses, Func<ModelPrompt, bool, Task> runAsync)
    {
        if (which >= _prompts.Count)
            return;
        var prompt = _prompts.OrderBy(prompt => statuses.Contains(prompt.Shown.Status)).ElementAt(^(which + 1));
        Touch(prompt);
        await runAsync(prompt, _model.Prompts.Contains(prompt));
    }

    private async Task WithLeaseAsync<T>(int which, Func<ModelLease, (T Expected, Task<T> Actual)> run)
    {
        if (which >= _remembered.Count)
            return;
        var (expected, actual) = run(_remembered[^(which + 1)]);
        Assert.Equal(expected, await actual);
    }

    /// <summary>A text that no other prompt or attempt has.</summary>
    private string NewText() => $"text {++_texts}";

    private static PromptResult? ToResult(string? text) => text is null ? null : new(text, $"{text}, thought", GenerationStatistics.None);
}
