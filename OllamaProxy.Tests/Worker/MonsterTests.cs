using System.Text;
using OllamaProxy.Prompts;
using OllamaProxy.Tests.Api;
using OllamaProxy.Tests.Storage;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Worker;

/// <summary>Prompts and answers of a size or a kind that nobody sends who means well.</summary>
public sealed class MonsterTests
{
    private const int MiB = 1024 * 1024;
    private const string NotJson = "Ollama's answer broke off within a line, or a line of it is no JSON.";
    private const string Foreign = "The answer is not one of Ollama's; is OLLAMA_URL right? It is no JSON.";

    private static readonly (string, string) LongLease = ("OLLAMA_PROXY_LEASE_SECONDS", "86400");
    private static readonly (string, string) TwoAttempts = ("OLLAMA_MAX_ATTEMPTS", "2");
    private static readonly byte[] Done = RawOllama.Line("", done: true);

    public static TheoryData<string, byte[], string, string?> Broken => new()
    {
        { "UTF-8 that is none, at once", [.. "{\"response\":\""u8, 0xFF, 0xC3, .. "\",\"done\":false}\n"u8], Foreign, null },
        { "UTF-8 that is none, later", [.. RawOllama.Line("fine"), .. "{\"response\":\""u8, 0xE2, 0x82, .. "\",\"done\":false}\n"u8],
            NotJson, "fine" },
        { "UTF-8 that is none, outside of a text", [.. RawOllama.Line("fine"), 0x80, .. Done], NotJson, "fine" },
        { "half of a surrogate pair", [.. RawOllama.Line("fine"), .. "{\"response\":\"\\ud83d\",\"done\":false}\n"u8], NotJson, "fine" },
        { "two values on a line", [.. RawOllama.Line("fine"), .. "{\"response\":\"a\"} {\"response\":\"b\"}\n"u8], NotJson, "fine" },
        { "a line that is cut", [.. RawOllama.Line("fine"), .. "{\"response\":\"a"u8], NotJson, "fine" },
        { "an array", [.. RawOllama.Line("fine"), .. "[]\n"u8], NotJson, "fine" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task An_answer_with_broken_text_is_given_up_with_a_clear_error_and_what_came_before_is_kept(string what, byte[] answer,
        string error, string? partial)
    {
        await using var ollama = await RawOllama.StartAsync(async request => await request.SendAsync(answer.Concat(Done).ToArray()));
        await using var rig = await WorkerRig.StartAsync(LongLease, TwoAttempts, ("OLLAMA_URL", ollama.Url));
        var id = await rig.SubmitAsync(what);
        _ = rig.Drain();

        var prompt = await rig.WhenEndedAsync(id);

        Assert.Equal((PromptStatus.Failed, 2, error, 2), (prompt.Status, prompt.Attempts, prompt.Error, ollama.Requests));
        Assert.Equal(partial, (await rig.Store.WholeResultAsync(id))?.Text);
        await rig.Home.AssertSoundAsync(1);
    }

    [Fact]
    public async Task Blank_lines_carriage_returns_and_a_last_line_without_an_end_are_no_fault()
    {
        await using var ollama = await RawOllama.StartAsync(request =>
            request.SendAsync("\n \r\n{\"response\":\"a\"}\r\n\n{\"response\":\"b\",\"done\":true}"));
        Assert.Equal("ab", (await RunAsync(ollama)).Text);
    }

    [Fact]
    public async Task A_character_that_arrives_byte_by_byte_is_whole()
    {
        await using var ollama = await RawOllama.StartAsync(async request =>
        {
            foreach (var one in "{\"response\":\"東京 👩‍🚀\",\"done\":true}\n"u8.ToArray())
                await request.SendAsync(new[] { one });
        });
        Assert.Equal("東京 👩‍🚀", (await RunAsync(ollama)).Text);
    }

    [Fact]
    public async Task A_prompt_of_10_MB_goes_to_Ollama_whole_and_a_result_of_10_MB_comes_back()
    {
        await using var ollama = await EchoAsync();
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url));
        var prompt = string.Concat(Enumerable.Range(0, 1_000_000).Select(number => $"{number:000000} é, "));

        var result = await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt }));

        Assert.Equal(prompt, result.GetProperty("result").GetString());
        await proxy.Home.AssertSoundAsync(1);
    }

    [Fact]
    public async Task A_NUL_in_a_prompt_and_in_a_result_is_a_character_as_any()
    {
        await using var ollama = await EchoAsync();
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Url));
        const string Prompt = "\0before\0\0after\0";

        var id = await proxy.SubmitAsync(new { prompt = Prompt });

        Assert.Equal(Prompt, (await proxy.ResultAsync(id)).GetProperty("result").GetString());
        Assert.Equal(Prompt, (await proxy.GetAsync($"/api/v1/prompt/{id}")).GetProperty("prompt").GetString());
        Assert.Equal(1, (await proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt32());
        await proxy.Home.AssertSoundAsync(1);
    }

    [Theory]
    [InlineData("""{"prompt":"half \ud83d"}""", "'prompt'")]
    [InlineData("""{"prompt":"fine","system":"\udc00"}""", "'system'")]
    [InlineData("""{"prompt":"fine","metadata":{"deep":["\ud83d\ud83d"]}}""", "'metadata'")]
    public async Task Half_of_a_surrogate_pair_from_a_client_is_400_and_nothing_is_stored(string body, string field)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        foreach (var (path, content) in new[] { ("/api/v1/prompt", body), ("/api/v1/prompts", $$"""[{"prompt":"fine"},{{body}}]""") })
        {
            using var response = await proxy.Client.PostAsync(path, new StringContent(content, Encoding.UTF8, "application/json"));
            Assert.Contains(field, (await Problem.OfAsync(response, 400)).Detail, StringComparison.Ordinal);
        }
        await proxy.Home.AssertSoundAsync(0);
    }

    [Fact]
    public async Task Two_hundred_thousand_tokens_come_to_one_result()
    {
        await using var ollama = await RawOllama.StartAsync(async request =>
        {
            for (var token = 0; token < 200_000; token += 1000)
                await request.SendAsync(Enumerable.Range(token, 1000).SelectMany(number => RawOllama.Line($"{number} ")).ToArray());
            await request.SendAsync(Done);
        });
        Assert.Equal(string.Concat(Enumerable.Range(0, 200_000).Select(number => $"{number} ")), (await RunAsync(ollama)).Text);
    }

    [Theory]
    [InlineData(8 * MiB)]
    [InlineData(31 * MiB)]
    public async Task A_line_of_many_MB_is_a_line_as_any(int length)
    {
        var text = new string('x', length);
        await using var ollama = await RawOllama.StartAsync(async request =>
        {
            await request.SendAsync(RawOllama.Line(text));
            await request.SendAsync(Done);
        });
        Assert.True(text == (await RunAsync(ollama)).Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"response\":\"fine\"}\n")]
    public async Task A_line_without_an_end_is_given_up_at_32_MiB(string before)
    {
        using var ollama = new EndlessOllama(before + "{\"response\":\"");
        await using var rig = await WorkerRig.StartAsync(LongLease, TwoAttempts, ("OLLAMA_URL", ollama.Url));
        var id = await rig.SubmitAsync("endless");
        _ = rig.Drain();

        var prompt = await rig.WhenEndedAsync(id);

        Assert.Equal((PromptStatus.Failed, 2, "Ollama sent a line of more than 32 MiB."), (prompt.Status, prompt.Attempts, prompt.Error));
        Assert.Equal(before.Length > 0 ? "fine" : null, (await rig.Store.WholeResultAsync(id))?.Text);
        // Of each attempt: the line, and what the sockets between the two hold.
        Assert.InRange(ollama.Sent, 2 * 32 * MiB, 2 * 48 * MiB);
        await rig.Home.AssertSoundAsync(1);
    }

    [Fact]
    public async Task An_answer_without_an_end_is_cut_off_at_64_Mi_characters()
    {
        var line = RawOllama.Line(new string('x', 31 * MiB));
        await using var ollama = await RawOllama.StartAsync(async request =>
        {
            while (!request.Gone.IsCancellationRequested)
                await request.SendAsync(line);
        });
        await using var rig = await WorkerRig.StartAsync(LongLease, ("OLLAMA_URL", ollama.Url));
        var id = await rig.SubmitAsync("endless");
        _ = rig.Drain();

        var prompt = await rig.WhenEndedAsync(id);

        Assert.Equal((PromptStatus.Failed, 1), (prompt.Status, prompt.Attempts));
        Assert.Contains("longer than 67108864 characters", prompt.Error, StringComparison.Ordinal);
        Assert.Equal(93 * MiB, (await rig.Store.WholeResultAsync(id))!.Text.Length);
    }

    [Fact]
    public async Task Headers_that_nothing_follows_are_given_up_at_the_end_of_the_attempts_timeout()
    {
        using var hungUp = new SemaphoreSlim(0);
        using var asked = new SemaphoreSlim(0);
        await using var ollama = await RawOllama.StartAsync(async request =>
        {
            await request.SendHeadersAsync();
            asked.Release();
            await using var gone = request.Gone.Register(() => hungUp.Release());
            await Task.Delay(Timeout.Infinite, request.Gone);
        });
        await using var rig = await WorkerRig.StartAsync(LongLease, ("OLLAMA_URL", ollama.Url), ("OLLAMA_TIMEOUT", "600"),
            ("OLLAMA_IDLE_TIMEOUT", "30"));
        var id = await rig.SubmitAsync("silence");
        _ = rig.Drain();
        Assert.True(await asked.WaitAsync(WorkerRig.Patience));

        var prompt = await rig.AdvanceUntilEndedAsync(id, TimeSpan.FromSeconds(60));

        Assert.Equal((PromptStatus.Failed, 1, "It ran for longer than its timeout of 600 seconds."),
            (prompt.Status, prompt.Attempts, prompt.Error));
        Assert.True(await hungUp.WaitAsync(TimeSpan.FromSeconds(60)));
        await rig.Home.AssertSoundAsync(1);
    }

    /// <summary>Runs a prompt that must be completed at its first attempt.</summary>
    private static async Task<PromptResult> RunAsync(RawOllama ollama)
    {
        await using var rig = await WorkerRig.StartAsync(LongLease, ("OLLAMA_URL", ollama.Url));
        var id = await rig.SubmitAsync("go");
        _ = rig.Drain();

        var prompt = await rig.WhenEndedAsync(id);

        Assert.Equal((PromptStatus.Completed, 1, null), (prompt.Status, prompt.Attempts, prompt.Error));
        await rig.Home.AssertSoundAsync(1);
        return (await rig.Store.WholeResultAsync(id))!;
    }

    /// <summary>An Ollama that answers with the prompt, in pieces.</summary>
    private static Task<RawOllama> EchoAsync() => RawOllama.StartAsync(async request =>
    {
        foreach (var piece in request.Prompt.Chunk(10_000))
            await request.SendAsync(RawOllama.Line(new(piece)));
        await request.SendAsync(Done);
    });
}
