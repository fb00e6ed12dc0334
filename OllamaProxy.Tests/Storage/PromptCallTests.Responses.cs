using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <content>Answers whose clients wait at another process than the one that runs the call.</content>
public abstract partial class PromptCallTests
{
    [StoreFact]
    public async Task A_claim_tells_whether_a_client_waits_for_the_answer()
    {
        await AddAsync(Call([]));
        await AddAsync(Call([]) with { ClientLease = new(null, TimeSpan.FromMinutes(1)) });
        var terms = Terms with { Concurrency = 3 };
        Assert.False((await _store.ClaimAsync(terms, default))!.IsAwaited);
        Assert.True((await _store.ClaimAsync(terms, default))!.IsAwaited);
    }

    [StoreFact]
    public async Task What_an_attempt_has_received_can_be_read_from_any_offset_until_it_ends()
    {
        var added = await AddAsync(Call([]));
        var first = (await _store.ClaimAsync(Terms, default))!;
        var running = (await _store.FindAsync(added.Id, default))!;
        Assert.Null(await _store.ReadResponseAsync(running, 0, default));
        var headers = new HeaderList([new("A", "ü\"")]);
        var length = TimeSpan.FromMinutes(1);
        Assert.Equal(LeaseState.Held,
            await _store.AppendResponseAsync(first.Lease, new(200, headers, 0, new byte[] { 1, 2, 3 }), length, default));
        Assert.Equal(LeaseState.Held,
            await _store.AppendResponseAsync(first.Lease, new(200, headers, 3, new byte[] { 0, 255 }), length, default));

        var all = (await _store.ReadResponseAsync(running, 0, default))!;
        Assert.Equal((200, 0, 5), (all.Status, all.Offset, all.End));
        Assert.Equal(headers.All, all.Headers.All);
        Assert.Equal([1, 2, 3, 0, 255], all.Bytes.ToArray());
        Assert.Equal([3, 0, 255], (await _store.ReadResponseAsync(running, 2, default))!.Bytes.ToArray());
        Assert.Equal([0, 255], (await _store.ReadResponseAsync(running, 3, default))!.Bytes.ToArray());
        Assert.Null(await _store.ReadResponseAsync(running, 5, default));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await _store.RequeueAsync(first.Lease, "no", null, _time.GetUtcNow(), counts: true, default));
        var second = (await _store.ClaimAsync(Terms, default))!;
        Assert.Equal(LeaseState.Lost,
            await _store.AppendResponseAsync(first.Lease, new(200, headers, 5, new byte[] { 1 }), length, default));
        await _store.AppendResponseAsync(second.Lease, new(200, headers, 0, new byte[] { 7 }), length, default);
        Assert.Null(await _store.ReadResponseAsync(running, 0, default));
        Assert.Equal([7], (await _store.ReadResponseAsync((await _store.FindAsync(added.Id, default))!, 0, default))!.Bytes.ToArray());

        await _store.DeleteAsync(added.Id, default);
        Assert.Equal(0, await CountAsync("response_chunks"));
    }
}
