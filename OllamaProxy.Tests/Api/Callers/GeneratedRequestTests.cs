using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Callers;

/// <summary>
/// Thousands of requests that are odd in all ways at once, from somebody who has Alice's key or none: none breaks the program, and none is
/// answered with what is Bob's. <c>OLLAMA_PROXY_TEST_REQUESTS</c> says how many, and <c>OLLAMA_PROXY_TEST_SEED</c> which.
/// </summary>
public sealed class GeneratedRequestTests
{
    private const string Secret = "the-secret-of-bob";
    private const int AtOnce = 8;

    /// <summary>How much of an answer is looked at, and for how long.</summary>
    private const int Looked = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task No_request_breaks_the_program_or_is_told_of_anothers_prompts(string host)
    {
        var count = NumberOf("OLLAMA_PROXY_TEST_REQUESTS") ?? (host == nameof(ProxyHosts.Server) ? 18_000 : 2_000);
        var seed = NumberOf("OLLAMA_PROXY_TEST_SEED") ?? Random.Shared.Next();
        await using var shared = await SharedProxy.StartAsync(host, null, ("OLLAMA_PROXY_MAX_QUEUED", "1000"));
        var ofBob = await shared.Bob.SubmitAsync(new { prompt = Secret, metadata = new { note = Secret } });
        await shared.Bob.ResultAsync(ofBob);
        var before = await shared.Bob.GetStringAsync($"/api/v1/prompt/{ofBob}");
        string[] ids = [ofBob, await shared.Alice.SubmitAsync(new { prompt = "of alice" })];
        string[] keys = ["", SharedProxy.AliceKey, SharedProxy.AliceKey, "a wrong key"];

        var wrong = new ConcurrentQueue<string>();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, _) =>
        {
            var request = new GeneratedRequest(new Random(seed + number), ids, keys);
            if (await AskAsync(shared.Anybody, request) is { } complaint)
                wrong.Enqueue($"{complaint}: {request}");
        });

        Assert.True(wrong.IsEmpty, $"Seed {seed}: {string.Join('\n', wrong.Take(10))}");
        Assert.Equal(before, await shared.Bob.GetStringAsync($"/api/v1/prompt/{ofBob}"));
        Assert.Equal(1, (await shared.Bob.JsonAsync("/api/v1/prompts")).GetProperty("total").GetInt32());
    }

    public static TheoryData<string> Hosts => ProxyHosts.Names;

    /// <summary>What is wrong with the answer; null: nothing.</summary>
    private static async Task<string?> AskAsync(HttpClient client, GeneratedRequest request)
    {
        using var message = request.ToMessage();
        if (message is null)
            return null;
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            var seen = new StringBuilder(response.Headers.ToString());
            await using var body = await response.Content.ReadAsStreamAsync(patience.Token);
            var buffer = new byte[Looked];
            for (int length = 0, read = 1; read > 0 && length < buffer.Length; length += read)
            {
                read = await body.ReadAsync(buffer.AsMemory(length), patience.Token);
                seen.Append(Encoding.UTF8.GetString(buffer, length, read));
            }
            return (int)response.StatusCode == 500 ? $"500, {seen}"
                : seen.ToString().Contains(Secret, StringComparison.Ordinal) ? "told" : null;
        }
        catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException or IOException or FormatException)
        {
            // It waits for a generation or for what happens next, or the client finds the request or the answer impossible.
            return null;
        }
    }

    private static int? NumberOf(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
