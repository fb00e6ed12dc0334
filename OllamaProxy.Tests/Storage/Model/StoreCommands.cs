using CsCheck;
using OllamaProxy.Prompts;

namespace OllamaProxy.Tests.Storage.Model;

/// <summary>Random sequences of commands.</summary>
internal static class StoreCommands
{
    private const int Longest = 50;

    /// <summary>Few, so that they meet; the long ones pass a lease, a step of ageing and the life of an idempotency key.</summary>
    private static readonly Gen<TimeSpan> Wait = Gen
        .Frequency((6, Gen.OneOf(1, 10, 30)), (3, Gen.OneOf(60, 61)), (2, Gen.Const(300)), (2, Gen.Const(86_400)))
        .Select(seconds => TimeSpan.FromSeconds(seconds));

    private static readonly Gen<long> MaxQueued = Gen.Frequency((9, Gen.Const(0L)), (1, Gen.Const(2L)));
    private static readonly Gen<int> Prompt = Gen.Frequency((2, Gen.Const(0)), (1, Gen.Int[0, 9]));
    private static readonly Gen<int> Lease = Gen.Frequency((3, Gen.Int[0, 1]), (1, Gen.Int[0, 5]));
    private static readonly Gen<bool> Partial = Gen.Bool;

    private static readonly Gen<NewPrompt> New = Gen.Select(
        Gen.Int[-1, 1],
        Gen.OneOf<int?>(null, 1, 3),
        Gen.Frequency((4, Gen.Const((TimeSpan?)null)), (1, Wait.Select(wait => (TimeSpan?)wait))),
        Gen.OneOf<string?>(null, "alice", "bob"),
        Gen.Frequency((4, Gen.Const((long?)null)), (1, Gen.Long[0, 2].Select(most => (long?)most))),
        (priority, attempts, expiresIn, owner, ownQueued) => new NewPrompt("", "m", "{}"u8.ToArray())
        {
            Priority = priority,
            MaxAttempts = attempts,
            ExpiresIn = expiresIn,
            Owner = owner,
            Account = owner is null ? "192.0.2.1" : $"{owner}/1",
            Limits = owner is null ? OwnerLimits.None : new() { MaxQueued = ownQueued },
        });

    private static readonly Gen<NewPrompt> NewNamed = Gen.Select(
        New, Gen.Int[0, 1], Gen.Bool, Gen.Bool, (prompt, fingerprint, byKey, other) => prompt with
        {
            Fingerprint = new byte[] { (byte)fingerprint },
            IdempotencyKey = byKey ? $"key {other}" : null,
            Id = byKey ? null : new Guid(other ? 1 : 2, 0, 0, new byte[8]),
        });

    public static readonly Gen<StoreCommand[]> Sequences = Gen.Frequency(
        (8, Gen.Select(New, MaxQueued, Submit)),
        (4, Gen.Select(NewNamed, MaxQueued, Submit)),
        (2, Gen.Select(New.Array[0, 3], MaxQueued, (prompts, max) =>
            Command($"submit a batch of {prompts.Length}, max queued {max}", run => run.SubmitBatchAsync(prompts, max)))),
        (16, Gen.OneOf(1, 2, 3, 3).Select(concurrency => Command($"claim, concurrency {concurrency}", run => run.ClaimAsync(concurrency)))),
        (4, Gen.Select(Gen.OneOf(1, 2, 3), Lease, (concurrency, lease) =>
            Command($"claim, concurrency {concurrency}, after lease {lease}", run => run.ClaimAsync(concurrency, lease)))),
        (2, Gen.Select(Lease, Wait, (lease, length) => Command($"renew lease {lease} for {length}", run => run.RenewAsync(lease, length)))),
        (4, Gen.Select(Lease, Wait, (lease, length) =>
            Command($"append to lease {lease}, renewed for {length}", run => run.AppendAsync(lease, length)))),
        (3, Lease.Select(lease => Command($"complete lease {lease}", run => run.CompleteAsync(lease)))),
        (3, Gen.Select(Lease, Partial, (lease, partial) =>
            Command($"fail lease {lease}, partial {partial}", run => run.FailAsync(lease, partial)))),
        (3, Gen.Select(Lease, Wait, (lease, wait) =>
            Command($"requeue lease {lease}, available in {wait}", run => run.RequeueAsync(lease, wait)))),
        (2, Gen.Select(Lease, Wait, (lease, wait) =>
            Command($"requeue lease {lease} uncounted, available in {wait}", run => run.RequeueAsync(lease, wait, counts: false)))),
        (2, Lease.Select(lease => Command($"release lease {lease}", run => run.ReleaseAsync(lease)))),
        (3, Gen.Select(Lease, Partial, (lease, partial) =>
            Command($"stop lease {lease}, partial {partial}", run => run.StopAsync(lease, partial)))),
        (1, Lease.Select(lease => Command($"look at lease {lease}", run => run.GetLeaseStateAsync(lease)))),
        (6, Prompt.Select(prompt => Command($"cancel prompt {prompt}", run => run.CancelAsync(prompt)))),
        (8, Prompt.Select(prompt => Command($"retry prompt {prompt}", run => run.RetryAsync(prompt)))),
        (2, Gen.Select(Prompt, Gen.Int[-2, 2], (prompt, priority) =>
            Command($"change prompt {prompt} to priority {priority}", run => run.ChangePriorityAsync(prompt, priority)))),
        (3, Prompt.Select(prompt => Command($"delete prompt {prompt}", run => run.DeleteAsync(prompt)))),
        (2, Gen.Const(Command("sweep", run => run.RecoverExpiredAsync()))),
        (4, Gen.Select(Gen.OneOf(0, 1, 30).Select(seconds => TimeSpan.FromSeconds(seconds)), Gen.OneOf(1, 2, 100), (age, limit) =>
            Command($"purge {limit} of those that ended {age} ago", run => run.PurgeAsync(age, limit)))),
        (8, Wait.Select(wait => Command($"wait {wait}", run => run.WaitAsync(wait)))),
        (1, Gen.Const(Command("crash", run => run.CrashAsync())))).Array[1, Longest];

    private static StoreCommand Submit(NewPrompt prompt, long max) =>
        Command($"submit {Print(prompt)}, max queued {max}", run => run.SubmitAsync(prompt, max));

    private static StoreCommand Command(string text, Func<StoreRun, Task> runAsync) => new(text, runAsync);

    private static string Print(NewPrompt prompt) => string.Join(", ", new[]
    {
        $"of {prompt.Owner ?? "nobody"}, priority {prompt.Priority}",
        prompt.MaxAttempts is { } attempts ? $"{attempts} attempts" : null,
        prompt.ExpiresIn is { } expiresIn ? $"expires in {expiresIn}" : null,
        prompt.Limits.MaxQueued is { } ownQueued ? $"at most {ownQueued} queued" : null,
        prompt.IdempotencyKey,
        prompt.Id is { } id ? $"id {id}" : null,
        prompt.Fingerprint is { } fingerprint ? $"fingerprint {fingerprint.Span[0]}" : null,
    }.OfType<string>());
}
