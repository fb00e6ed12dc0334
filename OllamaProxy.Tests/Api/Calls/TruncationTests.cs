using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Prompts that Ollama cuts to make them fit the context, of which it tells nobody.</summary>
public sealed class TruncationTests
{
    private const string Header = "X-Prompt-Truncated-To";

    private const int MaxAttempts = 10;

    private static readonly string Long = string.Join(' ', Enumerable.Repeat("word", 5_000));

    /// <summary>Calls with as many words as there are where it says so, and to how many tokens the prompt is cut.</summary>
    public static TheoryData<string, string, int?> Calls => new()
    {
        { "/api/generate", """{"model":"tiny","prompt":"WORDS","stream":false}""", 2050 },
        { "/api/generate", """{"model":"tiny","prompt":"WORDS","stream":false,"options":{"num_ctx":2048}}""", 1026 },
        { "/api/generate", """{"model":"tiny","prompt":"WORDS","stream":false,"options":{"num_ctx":8192}}""", null },
        { "/api/generate", """{"model":"tiny","prompt":"short","stream":false}""", null },
        { "/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"WORDS"}],"stream":false}""", 2050 },
        { "/api/embed", """{"model":"tiny","input":"WORDS"}""", 4096 },
        // What is counted together is no sign.
        { "/api/embed", """{"model":"tiny","input":["WORDS","WORDS"]}""", null },
        { "/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"WORDS"}]}""", 2050 },
        { "/v1/completions", """{"model":"tiny","prompt":"WORDS"}""", 2050 },
        { "/v1/embeddings", """{"model":"tiny","input":"WORDS"}""", 4096 },
        { "/v1/responses", """{"model":"tiny","input":"WORDS"}""", 2050 },
        { "/v1/messages", """{"model":"tiny","max_tokens":5,"messages":[{"role":"user","content":"WORDS"}]}""", 2050 },
    };

    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task The_header_of_a_whole_answer_and_the_status_of_its_prompt_say_that_the_prompt_was_cut(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        foreach (var row in Calls)
        {
            var (path, body, tokens) = ((string)row[0], (string)row[1], (int?)row[2]);
            using var response = await FirstToldAsync(async _ =>
            {
                var response = await CallRig.PostAsync(proxy, path, body.Replace("WORDS", Long, StringComparison.Ordinal));
                return (response, HeaderOf(response) is not null == tokens is not null);
            });
            Assert.True(response.IsSuccessStatusCode);
            Assert.Equal((body, tokens?.ToString()), (body, HeaderOf(response)));
            await proxy.ResultAsync(CallTests.IdOf(response));
            Assert.Equal((body, tokens), (body, TruncatedTo(await proxy.StatusAsync(CallTests.IdOf(response)))));

            using var again = await proxy.Client.GetAsync($"/api/v1/prompt/{CallTests.IdOf(response)}/response");
            Assert.Equal((body, tokens?.ToString()), (body, HeaderOf(again)));
        }
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_prompt_that_was_cut_is_told_of_in_status_detail_result_and_list(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), new() { ContextLength = 3000 });
        var cut = await SubmitLongAsync(proxy);
        var whole = await proxy.SubmitAsync(new { prompt = "short", model = "tiny" });
        await proxy.ResultAsync(whole);

        foreach (var path in new[] { "", "/status", "/result" })
        {
            Assert.Equal((path, 1502), (path, TruncatedTo(await proxy.GetAsync($"/api/v1/prompt/{cut}{path}"))));
            Assert.Equal((path, null), (path, TruncatedTo(await proxy.GetAsync($"/api/v1/prompt/{whole}{path}"))));
        }
        var listed = (await proxy.GetAsync("/api/v1/prompts")).GetProperty("prompts");
        Assert.Equal([null, 1502], listed.EnumerateArray().Take(2).Select(TruncatedTo));
    }

    [Fact]
    public async Task An_answer_in_parts_begins_before_that_is_known_so_that_only_the_status_says_it()
    {
        await using var proxy = await CallRig.StartAsync();
        // On a busy machine, all of an answer can be there before any of it was sent.
        var told = await FirstToldAsync(async _ =>
        {
            using var response = await CallRig.PostAsync(proxy, "/api/generate", $$"""{"model":"tiny","prompt":"{{Long}}"}""");
            await proxy.ResultAsync(CallTests.IdOf(response));
            var told = (Header: HeaderOf(response), Status: TruncatedTo(await proxy.StatusAsync(CallTests.IdOf(response))));
            return (told, told is (null, not null));
        });
        Assert.Equal((null, 2050), told);
    }

    [Fact]
    public async Task The_length_of_a_context_that_changes_while_Ollama_runs_is_noticed()
    {
        await using var proxy = await CallRig.StartAsync();
        foreach (var (options, tokens) in new[] { ("{}", 2050), ("""{"num_ctx":3000}""", 1502), ("{}", 2050) })
        {
            var body = $$"""{"model":"tiny","prompt":"{{Long}}","stream":false,"options":{{options}}}""";
            using var response = await FirstToldAsync(async _ =>
            {
                var response = await CallRig.PostAsync(proxy, "/api/generate", body);
                return (response, HeaderOf(response) is not null);
            });
            Assert.Equal((options, $"{tokens}"), (options, HeaderOf(response)));
        }
    }

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task The_log_has_one_warning_for_each_prompt_that_was_cut(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), new() { ContextLength = 3000 }, ("Logging:LogLevel:OllamaProxy", "Warning"));
        using var log = new LogRecorder();
        proxy.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        var cut = await SubmitLongAsync(proxy);
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "short", model = "tiny" }));

        await Eventually.True(() => log.Lines.Any(line => line.Contains("cut", StringComparison.Ordinal)));
        var line = Assert.Single(log.Lines, line => line.Contains("cut", StringComparison.Ordinal));
        Assert.Equal($"Warning: Prompt {cut}: Ollama seems to have cut it to 1502 tokens, to make it fit the context of tiny. "
            + "A larger num_ctx helps.", line);
    }

    /// <summary>
    /// What comes of the first of several attempts that tells of the cut. Ollama has a second to say how long the context is, which a busy
    /// machine may need for itself. That the first prompt tells of it in that time, TruncationCheckTests have on a clock that stands still.
    /// </summary>
    internal static async Task<T> FirstToldAsync<T>(Func<int, Task<(T Ran, bool IsTold)>> run)
    {
        for (var number = 1; ; number++)
        {
            var (ran, isTold) = await run(number);
            if (isTold || number == MaxAttempts)
                return ran;
            (ran as IDisposable)?.Dispose();
        }
    }

    /// <summary>Has a prompt run that is cut, and returns its id.</summary>
    private static Task<string> SubmitLongAsync(RunningProxy proxy) => FirstToldAsync(async _ =>
    {
        var id = await proxy.SubmitAsync(new { prompt = Long, model = "tiny" });
        return (id, TruncatedTo(await proxy.ResultAsync(id)) is not null);
    });

    private static string? HeaderOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(Header, out var values) ? values.Single() : null;

    private static int? TruncatedTo(JsonElement resource) =>
        resource.TryGetProperty("truncated_to", out var tokens) ? tokens.GetInt32() : null;
}
