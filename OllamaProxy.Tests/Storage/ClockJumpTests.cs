using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Timing;

namespace OllamaProxy.Tests.Storage;

/// <summary>
/// The wall clock is set while leases are held, in this process and in another: those who are there keep theirs, and those who are gone
/// lose theirs in time.
/// </summary>
public abstract class ClockJumpTests(StoreHome home) : IAsyncLifetime
{
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(1);
    private static readonly ClaimTerms Terms = new(10, Length, 3, "here");

    private readonly SettableTime _time = new(new(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));
    private IPromptStore _store = null!;
    private IPromptStore _other = null!;

    /// <summary>In seconds; the second is set while the first is still being got over.</summary>
    private static readonly (double Jump, double Another)[] Hardest =
        [(61, 0), (86_400 * 3650d, 0), (-61, 0), (3600, -7200), (-3600, 7200)];

    private static readonly (double Jump, double Another)[] More =
    [
        (5, 0), (59, 0), (3600, 0), (-5, 0), (-59, 0), (-3600, 0), (-86_400 * 3650d, 0),
        (3600, 3600), (3600, -3600), (-3600, 3600), (-3600, -3600),
    ];

    public static TheoryData<double, double> Jumps
    {
        get
        {
            var jumps = new TheoryData<double, double>();
            foreach (var (jump, another) in LongRuns.Of(Hardest, [.. Hardest, .. More]))
                jumps.Add(jump, another);
            return jumps;
        }
    }

    public async Task InitializeAsync() => (_store, _other) = (await home.OpenAsync(_time), await home.OpenAsync(_time));

    public async Task DisposeAsync() => await home.DisposeAsync();

    [StoreTheory]
    [MemberData(nameof(Jumps))]
    public async Task Who_renews_keeps_a_lease_and_a_connection_however_the_wall_clock_is_set(double jump, double another)
    {
        var running = await ClaimAsync("runs");
        var waiting = (await _store.AddAsync(Call(), 0, default)).Prompt;

        for (var second = 0; second < 200; second++)
        {
            if (second == 7)
                Jump(jump);
            if (second == 45)
                Jump(another);
            if (second % 20 == 19)
            {
                Assert.Equal(LeaseState.Held, await _store.RenewAsync(running.Lease, Length, default));
                await _store.RenewClientLeasesAsync([waiting.Id], Length, default);
            }
            _time.Advance(TimeSpan.FromSeconds(1));
            await RecoverExpiredAsync();
            Assert.Equal((PromptStatus.Processing, 1, PromptStatus.Queued), (await StatusAsync(running.Id),
                (await _store.FindAsync(running.Id, default))!.Attempts, await StatusAsync(waiting.Id)));
        }
    }

    [StoreTheory]
    [MemberData(nameof(Jumps))]
    public async Task Who_is_gone_loses_both_within_two_leases_however_the_wall_clock_is_set(double jump, double another)
    {
        var running = await ClaimAsync("runs");
        var waiting = (await _store.AddAsync(Call(), 0, default)).Prompt;

        for (var second = 0; second < 121; second++)
        {
            if (second == 7)
                Jump(jump);
            if (second == 45)
                Jump(another);
            if (second < 59)
                Assert.Equal((PromptStatus.Processing, PromptStatus.Queued), (await StatusAsync(running.Id),
                    await StatusAsync(waiting.Id)));
            _time.Advance(TimeSpan.FromSeconds(1));
            await RecoverExpiredAsync();
        }

        Assert.Equal((PromptStatus.Queued, PromptStatus.Cancelled), (await StatusAsync(running.Id), await StatusAsync(waiting.Id)));
    }

    [StoreFact]
    public async Task A_process_that_starts_after_the_clock_was_set_finds_renewed_leases_in_order()
    {
        var running = await ClaimAsync("runs");
        Jump(3600);
        await _store.RenewAsync(running.Lease, Length, default);

        var late = await home.OpenAsync(_time);
        await late.RecoverExpiredAsync(Terms, [], default);

        Assert.Equal(PromptStatus.Processing, await StatusAsync(running.Id));
    }

    private void Jump(double seconds) => _time.SetForward(TimeSpan.FromSeconds(seconds));

    private static NewPrompt Call() => new("waits", "m", "{}"u8.ToArray()) { ClientLease = new(Guid.NewGuid(), Length), Priority = -100 };

    private async Task<ClaimedPrompt> ClaimAsync(string text)
    {
        await _store.AddAsync(new(text, "m", "{}"u8.ToArray()), 0, default);
        return (await _store.ClaimAsync(Terms, default))!;
    }

    private async Task RecoverExpiredAsync()
    {
        await _store.RecoverExpiredAsync(Terms, [], default);
        await _other.RecoverExpiredAsync(Terms, [], default);
    }

    /// <summary>From the store itself, however long ago that looked for what others did.</summary>
    private async Task<PromptStatus> StatusAsync(Guid id)
    {
        await _store.ReadSnapshotAsync(new(1, Guid.Empty) { Freshness = TimeSpan.Zero }, default);
        return (await _store.FindAsync(id, default))!.Status;
    }

    public sealed class OnSqlite() : ClockJumpTests(StoreHome.Sqlite());

    public sealed class OnPostgres() : ClockJumpTests(StoreHome.Postgres());
}
