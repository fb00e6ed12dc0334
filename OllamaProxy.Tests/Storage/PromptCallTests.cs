using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <summary>Calls, their responses, the connections that wait for them, and prompts that are claimed as they are submitted.</summary>
public abstract partial class PromptCallTests(StoreHome home) : IAsyncLifetime
{
    private static readonly ClaimTerms Terms = new(1, TimeSpan.FromMinutes(1), 3, "here");
    private static readonly Guid Me = Guid.NewGuid();
    private static readonly byte[] Bytes = [0, 1, 0xff, (byte)'{'];

    private readonly FakeTimeProvider _time = new(new(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));
    private IPromptStore _store = null!;

    public async Task InitializeAsync() => _store = await home.OpenAsync(_time);

    public async Task DisposeAsync() => await home.DisposeAsync();

    [StoreFact]
    public async Task A_call_comes_back_as_it_came_in()
    {
        var added = await AddAsync(Call(Bytes));
        var claimed = (await _store.ClaimAsync(Terms, default))!;

        Assert.Equal("/api/chat", added.Endpoint);
        Assert.Equal(("/api/chat", "?a=b"), (claimed.Call!.Endpoint, claimed.Call.Query));
        Assert.Equal(Bytes, claimed.Call.Body.ToArray());
        Assert.Equal([new("A", "1"), new("A", "ü\"")], claimed.Call.Headers.All);
        Assert.Equal("/api/chat", (await _store.FindAsync(added.Id, default))!.Endpoint);
        Assert.Equal("/api/chat", (await _store.ListAsync(new(1, 10), default)).Prompts.Single().Prompt.Endpoint);
    }

    [StoreTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_response_is_kept_until_the_prompt_is_queued_again(bool completes)
    {
        var added = await AddAsync(Call([]));
        var lease = (await _store.ClaimAsync(Terms, default))!.Lease;
        var result = new PromptResult("", null, GenerationStatistics.None) { Response = new(404, HeaderList.Empty, Bytes) };
        Assert.Null(await _store.FindResponseAsync(added.Id, default));
        Assert.True(completes ? await _store.CompleteAsync(lease, result, default) : await _store.FailAsync(lease, "no", result, default));

        var response = (await _store.FindResponseAsync(added.Id, default))!;
        Assert.Equal(404, response.Status);
        Assert.Equal(Bytes, await response.Body.ReadWholeAsync(default));
        Assert.Equal(completes, await _store.FindResultAsync(added.Id, default) is not null);
        if (!completes)
        {
            await _store.RetryAsync(added.Id, default);
            Assert.Null(await _store.FindResponseAsync(added.Id, default));
        }
        await _store.DeleteAsync(added.Id, default);
        Assert.Equal(0, await CountAsync("calls") + await CountAsync("responses"));
    }

    [StoreTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_prompt_whose_connection_is_not_heard_of_any_more_is_cancelled(bool runs)
    {
        var added = await AddAsync(Call([]) with { ClientLease = new(Me, TimeSpan.FromMinutes(1)) });
        if (runs)
            Assert.NotNull(await ClaimAsync(Me, Terms with { LeaseLength = TimeSpan.FromHours(1) }));
        _time.Advance(TimeSpan.FromSeconds(50));
        await _store.RenewClientLeasesAsync([added.Id, Guid.NewGuid()], TimeSpan.FromMinutes(1), default);
        _time.Advance(TimeSpan.FromSeconds(50));
        await _store.RecoverExpiredAsync(Terms, [], default);
        Assert.Equal(runs ? PromptStatus.Processing : PromptStatus.Queued, (await _store.FindAsync(added.Id, default))!.Status);

        _time.Advance(TimeSpan.FromSeconds(10));
        await _store.RecoverExpiredAsync(Terms, [], default);

        var gone = (await _store.FindAsync(added.Id, default))!;
        Assert.Equal(PromptStatus.Cancelled, gone.Status);
        Assert.Contains("client", gone.Error, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync("connections"));
    }

    [StoreFact]
    public async Task A_connection_that_is_open_here_is_never_given_up_however_late_it_is_renewed()
    {
        Task<Prompt> AddOfAsync(Guid process) => AddAsync(Call([]) with { ClientLease = new(process, TimeSpan.FromMinutes(1)) });
        async Task<PromptStatus> StatusAsync(Prompt prompt) => (await _store.FindAsync(prompt.Id, default))!.Status;

        var (here, elsewhere) = (await AddOfAsync(Me), await AddOfAsync(Guid.NewGuid()));
        _time.Advance(TimeSpan.FromHours(8)); // The machine slept.
        await _store.RecoverExpiredAsync(Terms, [here.Id], default);
        await _store.RecoverExpiredAsync(Terms, [], default);
        Assert.Equal((PromptStatus.Queued, PromptStatus.Cancelled), (await StatusAsync(here), await StatusAsync(elsewhere)));
    }

    [StoreFact]
    public async Task A_prompt_whose_worker_died_with_its_connection_is_cancelled_and_not_run_again()
    {
        var added = await AddAsync(Call([]) with { ClientLease = new(Me, TimeSpan.FromMinutes(1)) });
        await ClaimAsync(Me, Terms);
        _time.Advance(TimeSpan.FromMinutes(1));
        await _store.RecoverExpiredAsync(Terms, [], default);
        Assert.Equal(PromptStatus.Cancelled, (await _store.FindAsync(added.Id, default))!.Status);
    }

    [StoreFact]
    public async Task A_prompt_is_offered_only_to_the_worker_that_its_connection_names()
    {
        var mine = await AddAsync(Call([]) with { ClientLease = new(Me, TimeSpan.FromMinutes(1)) });
        var anybodys = await AddAsync(Call([]) with { ClientLease = new(null, TimeSpan.FromMinutes(1)) });

        Assert.Equal([mine.Seq, anybodys.Seq], await OfferedToAsync(Me));
        Assert.Equal([anybodys.Seq], await OfferedToAsync(Guid.NewGuid()));
    }

    [StoreFact]
    public async Task The_connection_of_a_prompt_that_has_ended_is_gone()
    {
        var added = await AddAsync(Call([]) with { ClientLease = new(Me, TimeSpan.FromMinutes(1)) });
        await _store.CancelAsync(added.Id, default);
        Assert.Equal(0, await CountAsync("connections"));
    }

    [StoreFact]
    public async Task The_first_due_prompts_of_each_model_are_offered_by_rank()
    {
        foreach (var (model, priority) in new[] { ("a", 0), ("a", 0), ("b", 0), ("a", 1), ("", 0), ("b", 0), ("b", 0) })
            await AddAsync(new NewPrompt("x", model, "{}"u8.ToArray()) { Priority = priority });

        var offer = await _store.ReadSnapshotAsync(new(2, Me), default);

        Assert.Equal(7, offer.Queued);
        Assert.Equal([("", 5L), ("a", 4), ("a", 1), ("b", 3), ("b", 6)],
            offer.Prompts.OrderBy(prompt => (prompt.Model, prompt.Rank, prompt.Seq)).Select(prompt => (prompt.Model!, prompt.Seq)));
    }

    [StoreFact]
    public async Task What_runs_is_told_with_its_worker_its_backend_and_its_model()
    {
        await AddAsync(new NewPrompt("x", "a", "{}"u8.ToArray()));
        Assert.NotNull(await _store.ClaimAsync(Terms with { Worker = Me }, default));
        var running = Assert.Single((await _store.ReadSnapshotAsync(new(1, Me), default)).Running);
        Assert.Equal((Me, "here", "a"), (running.Worker, running.Backend, running.Model));
    }

    [StoreFact]
    public async Task Each_backend_has_slots_of_its_own()
    {
        for (var prompt = 0; prompt < 3; prompt++)
            await AddAsync(Call([]));
        Assert.NotNull(await _store.ClaimAsync(Terms, default));
        Assert.Null(await _store.ClaimAsync(Terms, default));
        Assert.NotNull(await _store.ClaimAsync(Terms with { Backend = "there" }, default));
    }

    [StoreFact]
    public async Task A_prompt_that_is_not_there_to_be_claimed_is_not()
    {
        var added = await AddAsync(Call([]));
        Assert.NotNull(await _store.ClaimAsync(added.Seq, Terms with { Concurrency = 5 }, default));
        Assert.Null(await _store.ClaimAsync(added.Seq, Terms with { Concurrency = 5 }, default));
        Assert.Null(await _store.ClaimAsync(77, Terms with { Concurrency = 5 }, default));
    }

    [StoreFact]
    public async Task Where_nothing_is_queued_a_prompt_is_claimed_as_it_is_submitted()
    {
        var (submission, claimed) = await _store.AddAsync(Call(Bytes), 0, Terms, default);

        Assert.Equal(PromptStatus.Queued, submission.Prompt.Status);
        Assert.Equal((submission.Prompt.Id, 1, LeaseState.Held),
            (claimed!.Id, claimed.Attempt, await _store.GetLeaseStateAsync(claimed.Lease, default)));
        Assert.Equal(Bytes, claimed.Call!.Body.ToArray());
        var stored = (await _store.FindAsync(claimed.Id, default))!;
        Assert.Equal((PromptStatus.Processing, 1, claimed.StartedAt), (stored.Status, stored.Attempts, stored.StartedAt));
        Assert.Equal(1, (await _store.CountAsync(null, null, default))[PromptStatus.Processing]);
        Assert.Equal("here", Assert.Single(await _store.ListAttemptsAsync(claimed.Id, default)).Backend);
        Assert.True(await _store.CompleteAsync(claimed.Lease, new("done", null, GenerationStatistics.None), default));
    }

    [StoreFact]
    public async Task A_prompt_that_was_claimed_as_it_was_submitted_can_be_handed_back()
    {
        var (_, claimed) = await _store.AddAsync(Call(Bytes), 0, Terms, default);
        Assert.True(await _store.ReleaseAsync(claimed!.Lease, null, default));
        var again = (await _store.ClaimAsync(Terms, default))!;
        Assert.Equal((claimed.Id, 1), (again.Id, again.Attempt));
        Assert.Equal(Bytes, again.Call!.Body.ToArray());
    }

    [StoreFact]
    public async Task A_prompt_passes_none_that_is_queued_and_takes_no_slot_that_is_not_free()
    {
        var (_, first) = await _store.AddAsync(Call([]), 0, Terms, default);
        Assert.NotNull(first);
        Assert.Null((await _store.AddAsync(Call([]), 0, Terms, default)).Claimed);
        await _store.CompleteAsync(first.Lease, new("", null, GenerationStatistics.None), default);
        Assert.Null((await _store.AddAsync(Call([]), 0, Terms with { Concurrency = 5 }, default)).Claimed);
        Assert.Equal(2, (await _store.ReadSnapshotAsync(new(9, Me), default)).Queued);
    }

    [StoreFact]
    public async Task A_prompt_that_starts_at_once_is_not_held_to_the_limit_of_the_queue_by_which_others_wait()
    {
        var (_, claimed) = await _store.AddAsync(Call([]), 1, Terms, default);
        Assert.NotNull(claimed);
        Assert.Null((await _store.AddAsync(Call([]), 1, Terms, default)).Claimed);
        await Assert.ThrowsAsync<QueueFullException>(() => _store.AddAsync(Call([]), 1, Terms, default));
    }

    private static NewPrompt Call(byte[] body) => new("", "a", "{}"u8.ToArray())
    {
        Call = new("/api/chat", "?a=b", new([new("A", "1"), new("A", "ü\"")]), body),
    };

    private async Task<Prompt> AddAsync(NewPrompt prompt) => (await _store.AddAsync(prompt, 0, default)).Prompt;

    private async Task<ClaimedPrompt?> ClaimAsync(Guid worker, ClaimTerms terms) =>
        await _store.ClaimAsync((await _store.ReadSnapshotAsync(new(1, worker), default)).Prompts.Single().Seq, terms, default);

    private async Task<IEnumerable<long>> OfferedToAsync(Guid worker) =>
        (await _store.ReadSnapshotAsync(new(10, worker), default)).Prompts.Select(prompt => prompt.Seq).Order();

    private Task<long> CountAsync(string table) => home.NumberAsync($"SELECT count(*) FROM {table}");

    public sealed class OnSqlite() : PromptCallTests(StoreHome.Sqlite());

    public sealed class OnPostgres() : PromptCallTests(StoreHome.Postgres());
}
