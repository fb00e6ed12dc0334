using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Copying;

/// <summary>A prompt of every kind that a store may hold, and everything that can be read of them.</summary>
internal static class OddPrompts
{
    /// <summary>The one that was submitted with a key.</summary>
    public static readonly NewPrompt Keyed = new("a \0, a lone \uD800, é and 😀", "m/ü", "{\"format\":\"\\u0000\"}"u8.ToArray())
    {
        Fingerprint = new byte[] { 1, 2, 3, 0, 255 },
        IdempotencyKey = "a key é",
        Priority = -3,
        MaxAttempts = 2,
        Timeout = TimeSpan.FromSeconds(1.5),
        Metadata = "{ \"a\": 1.0 }"u8.ToArray(),
        LoadOptions = "num_ctx=8192",
    };

    private static readonly ClaimTerms Terms = new(100, TimeSpan.FromMinutes(1), 3, "http://ollama:11434");
    private static readonly string Long = string.Concat(Enumerable.Repeat("long é 😀 ", 40_000));

    private static readonly GenerationStatistics Statistics = new()
    {
        DoneReason = "stop",
        TotalDuration = 7,
        LoadDuration = 1,
        PromptEvalCount = 2,
        PromptEvalDuration = 3,
        EvalCount = 4,
        EvalDuration = 5,
    };

    private static readonly PromptResult Nothing = new("", null, GenerationStatistics.None);

    /// <summary>Adds them, and tells how many there are.</summary>
    public static async Task<int> AddAsync(IPromptStore store, Action<TimeSpan> wait)
    {
        var later = DateTimeOffset.Parse("2030-01-01T00:00:00.123Z", CultureInfo.InvariantCulture);
        await AddAsync(Keyed);
        var cancelled = await AddAsync(New("cancelled while it waited") with
        {
            Callback = new("https://example.org/é", "prompt.cancelled prompt.failed"),
        });
        await store.CancelAsync(cancelled.Id, default);
        var (bytes, request) = (Encoding.UTF8.GetBytes(Long), Encoding.UTF8.GetBytes($"{{\"images\":[\"{Long}\"]}}"));
        await CompleteAsync(New(Long) with { Request = request }, new(Long + "!", Long, Statistics) { TruncatedTo = 2 });
        await CompleteAsync(Call([]), Nothing with { Response = new(200, HeaderList.Empty, bytes) });
        await CompleteAsync(Call(bytes), new("42", "hm", Statistics) { Response = new(200, Headers, new byte[] { 0, 255 }) });
        var refused = await ClaimAsync(await AddAsync(Call([0, 1])));
        await store.FailAsync(
            refused, "404: no such model \0", Nothing with { Response = new(404, Headers, new byte[] { 7 }) }, default);
        var failed = await AddAsync(New("failed, after another attempt"));
        await store.RequeueAsync(await ClaimAsync(failed), "it broke", null, default, true, default);
        await store.FailAsync(await ClaimAsync(failed), "it broke again", new("partial", null, Statistics), default);
        var retried = await AddAsync(New("to be tried again, much later"));
        await store.RequeueAsync(await ClaimAsync(retried), "busy", null, later, false, default);
        var again = await AddAsync(New("cancelled, and queued again"));
        await store.CancelAsync(again.Id, default);
        await store.RetryAsync(again.Id, default);
        var deleted = await AddAsync(New("deleted"));
        await store.DeleteAsync(deleted.Id, default);
        var stopped = await AddAsync(New("cancelled while it ran"));
        var lease = await ClaimAsync(stopped);
        await store.CancelAsync(stopped.Id, default);
        await store.StopAsync(lease, new("cut", "of", Statistics), default);
        await store.AddBatchAsync(Guid.CreateVersion7(), [New("one"), New("two") with { Priority = 100 }, New("three")], 0, default);
        await AddAsync(New("") with { ExpiresIn = TimeSpan.FromDays(10_000) });
        await AddAsync(Call([]) with { ClientLease = new(Guid.NewGuid(), TimeSpan.FromMinutes(1)) });
        var crashed = await ClaimAsync(await AddAsync(New("its worker died") with { MaxAttempts = 1 }));
        await store.AppendAsync(crashed, new(default, "half an ", "thought"), TimeSpan.FromMinutes(1), default);
        await store.AppendAsync(crashed, new(new(8, 7), "answer", ""), TimeSpan.FromMinutes(1), default);
        await ClaimAsync(await AddAsync(New("its worker died, too")));
        return 17;

        async Task<Prompt> AddAsync(NewPrompt prompt)
        {
            wait(TimeSpan.FromTicks(10_001));
            return (await store.AddAsync(prompt, 0, default)).Prompt;
        }

        async Task<Lease> ClaimAsync(Prompt prompt)
        {
            wait(TimeSpan.FromTicks(1_230_000));
            return (await store.ClaimAsync(prompt.Seq, Terms, default))!.Lease;
        }

        async Task CompleteAsync(NewPrompt prompt, PromptResult result) =>
            await store.CompleteAsync(await ClaimAsync(await AddAsync(prompt)), result, default);
    }

    /// <summary>Everything that can be read of each prompt, newest first.</summary>
    public static async Task<List<string>> DescribeAsync(IPromptReader store)
    {
        var all = new List<string>();
        var page = await store.ListAsync(new(1, 100), default);
        foreach (var (prompt, _) in page.Prompts)
        {
            var content = (await store.FindContentAsync(prompt.Id, default))!;
            var result = await store.FindResultAsync(prompt.Id, default);
            var response = await store.FindResponseAsync(prompt.Id, default);
            string[] about =
            [
                $"{await store.FindAsync(prompt.Id, default)}",
                content.LongText is { } text ? await HashAsync(text.Pieces) : content.Text,
                content.LongRequest is { } request ? await HashAsync(request.Pieces) : Text(content.Request),
                Text(content.Metadata ?? default),
                $"{content.Timeout} {content.Call?.Endpoint} {content.Call?.Query} {content.Call?.Headers.ToJson()}",
                content.Call?.LongBody is { } body ? await HashAsync(body.Pieces) : Text(content.Call?.Body ?? default),
                result is null ? "no result" : $"{result.Statistics} {await HashAsync(result.Text)}",
                result?.Thinking is { } thinking ? await HashAsync(thinking) : "no thinking",
                response is null ? "no response" : $"{response.Status} {response.Headers.ToJson()} {await HashAsync(response.Body.Pieces)}",
                .. (await store.ListAttemptsAsync(prompt.Id, default)).Select(attempt => $"{attempt}"),
                $"{await store.ReadGeneratedAsync(prompt, default, default)}", $"{await store.CountAheadAsync(prompt, default)}",
            ];
            all.Add(string.Join('\n', about));
        }
        Assert.Equal(page.Total, all.Count);
        return all;
    }

    /// <summary>
    /// Takes back what nobody runs any more, and claims what is due: the ids in their order, and what the store then holds.
    /// </summary>
    public static async Task<(List<Guid> Claimed, List<string> Left)> RunAsync(IPromptStore store)
    {
        var claimed = new List<Guid>();
        while (await store.ClaimAsync(Terms with { LeaseLength = TimeSpan.FromDays(1000) }, default) is { } next)
            claimed.Add(next.Id);
        return (claimed, await DescribeAsync(store));
    }

    private static HeaderList Headers => new([new("A", "1"), new("A", "ü\"")]);

    private static NewPrompt New(string text) => new(text, "llama3.2", "{}"u8.ToArray());

    private static NewPrompt Call(byte[] body) => New("") with { Model = "", Call = new("/api/chat", "?a=b", Headers, body) };

    private static string Text(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);

    private static async Task<string> HashAsync(StoredText text)
    {
        using var whole = new MemoryStream();
        await foreach (var piece in text(default))
            whole.Write(piece.Span);
        return $"{whole.Length} {Convert.ToHexString(SHA256.HashData(whole.ToArray()))}";
    }
}
