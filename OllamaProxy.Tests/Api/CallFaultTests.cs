using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OllamaProxy.Api;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Functions;
using OllamaProxy.Tests.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api;

/// <summary>Calls of Ollama's own API when something goes wrong, each with a proxy of its own.</summary>
public sealed class CallFaultTests
{
    private const string Streamed = """{"model":"tiny","prompt":"hi"}""";
    private const string Whole = """{"model":"tiny","prompt":"hi","stream":false}""";

    public static TheoryData<string, Fault> Passing => new()
    {
        { Streamed, Fault.Status(504, "gateway timeout") },
        { Streamed, Fault.Status(500, "llama runner process has terminated") },
        { Streamed, Fault.Empty },
        { Streamed, Fault.NotJson },
        { Streamed, Fault.Cut(0) },
        { Whole, Fault.Status(500, "timed out waiting for llama-server to start") },
        { Whole, Fault.Cut(3) },
        { Whole, Fault.NotJson },
    };

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task What_passes_before_the_first_byte_is_tried_again_unseen(string body, Fault fault)
    {
        await using var proxy = await StartAsync();
        proxy.Ollama.Faults.Enqueue(fault, 2);

        using var response = await PostAsync(proxy, "/api/generate", body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("\"done\":true", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(3, proxy.Ollama.Requests.Count);
        var prompt = await proxy.GetAsync($"/api/v1/prompt/{CallTests.IdOf(response)}");
        Assert.All(prompt.GetProperty("attempt_history").EnumerateArray(), attempt => Assert.Equal(proxy.Ollama.BaseAddress.ToString(), CallTests.Text(attempt, "backend")));
        Assert.Equal(3, prompt.GetProperty("attempt_history").GetArrayLength());
    }

    [Theory]
    [InlineData("/api/generate", Streamed, """{"error":"bad gateway"}""")]
    [InlineData("/v1/completions", Whole, """{"error":{"message":"bad gateway","type":"api_error","param":null,"code":null}}""")]
    public async Task What_does_not_pass_is_said_in_Ollamas_words(string path, string body, string expected)
    {
        await using var proxy = await StartAsync(("OLLAMA_MAX_ATTEMPTS", "2"));
        proxy.Ollama.Faults.Enqueue(Fault.Status(502, "bad gateway"), 2);

        using var response = await PostAsync(proxy, path, body);

        Assert.Equal((HttpStatusCode.BadGateway, expected), (response.StatusCode, (await response.Content.ReadAsStringAsync()).TrimEnd()));
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
        Assert.Equal(2, proxy.Ollama.Requests.Count);
    }

    [Fact]
    public async Task An_error_amid_the_answer_is_passed_on_as_it_is()
    {
        await using var proxy = await SlowAsync();
        proxy.Ollama.Faults.Enqueue(Fault.ErrorLine(3, "an unknown error was met"));

        using var response = await PostAsync(proxy, "/api/generate", Streamed);
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal((4, """{"error":"an unknown error was met"}"""), (lines.Length, lines[^1]));
        var result = await proxy.ResultAsync(CallTests.IdOf(response));
        Assert.Equal(("failed", "an unknown error was met", "This is the"), (CallTests.Text(result, "status"), CallTests.Text(result, "error"), CallTests.Text(result, "partial")));
        Assert.Equal(1, proxy.Ollama.Requests.Count);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_breaks_off_for_the_client_and_is_not_tried_again()
    {
        await using var proxy = await SlowAsync();
        proxy.Ollama.Faults.Enqueue(Fault.Cut(3));

        using var response = await PostAsync(proxy, "/api/generate", Streamed, HttpCompletionOption.ResponseHeadersRead);
        await Assert.ThrowsAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());

        var result = await proxy.ResultAsync(CallTests.IdOf(response));
        Assert.Equal(("failed", "This is the"), (CallTests.Text(result, "status"), CallTests.Text(result, "partial")));
        Assert.Equal(1, proxy.Ollama.Requests.Count);
    }

    [Theory]
    [InlineData("/api/generate", Streamed)]
    [InlineData("/api/generate", Whole)]
    [InlineData("/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":false}""")]
    [InlineData("/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":true}""")]
    [InlineData("/v1/messages", """{"model":"tiny","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":true}""")]
    public async Task An_answer_that_ends_cleanly_without_saying_so_is_complete(string path, string body)
    {
        await using var proxy = await StartAsync();
        proxy.Ollama.Faults.Enqueue(Fault.NoDone(2));

        using var response = await PostAsync(proxy, path, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var result = await proxy.ResultAsync(CallTests.IdOf(response));
        Assert.Equal(("completed", "repeat_limit"), (CallTests.Text(result, "status"), CallTests.Text(result, "done_reason")));
        Assert.Equal(1, proxy.Ollama.Requests.Count);
    }

    [Fact]
    public async Task A_busy_Ollama_is_waited_for_and_the_client_never_hears_of_it()
    {
        await using var proxy = await StartAsync(("OLLAMA_MAX_ATTEMPTS", "1"));
        proxy.Ollama.Faults.Enqueue(Fault.Status(503, "server busy, please try again.  maximum pending requests exceeded"), 2);

        using var response = await PostAsync(proxy, "/api/generate", Whole);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(1, (await proxy.StatusAsync(CallTests.IdOf(response))).GetProperty("attempts").GetInt32());
    }

    [Fact]
    public async Task Tokens_come_as_Ollama_sends_them()
    {
        await using var proxy = await StartAsync();
        proxy.Ollama.Faults.Enqueue(Fault.Stall(3));

        using var response = await PostAsync(proxy, "/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":true}""", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var token = 0; token < 3; token++)
        {
            Assert.StartsWith("data: {", await reader.ReadLineAsync(), StringComparison.Ordinal);
            Assert.Equal("", await reader.ReadLineAsync());
        }
        Assert.Equal("processing", CallTests.Text(await proxy.StatusAsync(CallTests.IdOf(response)), "status"));
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_client_that_goes_away_has_its_prompt_cancelled_and_Ollama_stopped(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        proxy.Ollama.Faults.Enqueue(Fault.Stall(2));
        using var leave = new CancellationTokenSource();
        using var running = await PostAsync(proxy, "/api/generate", Streamed, HttpCompletionOption.ResponseHeadersRead);
        var queued = proxy.Client.SendAsync(CallTests.Post("/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"queued"}]}"""), leave.Token);
        var waiting = (await Eventually.NotNull(async () =>
            (await proxy.GetAsync("/api/v1/prompts?status=queued")).GetProperty("prompts").EnumerateArray().Select(prompt => CallTests.Text(prompt, "id")).SingleOrDefault()))!;

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        await proxy.StatusWhenAsync(waiting, status => CallTests.Text(status, "status") == "cancelled");
        running.Dispose();
        await proxy.StatusWhenAsync(CallTests.IdOf(running), status => CallTests.Text(status, "status") == "cancelled");

        var request = proxy.Ollama.Requests.All.Single();
        await request.Ended;
        Assert.True(request.ClosedByClient);
    }

    [Fact]
    public async Task A_prompt_that_is_kept_outlives_its_client()
    {
        await using var proxy = await StartAsync();
        await proxy.Ollama.RefuseAsync();
        using var leave = new CancellationTokenSource();
        var waiting = proxy.Client.SendAsync(CallTests.Post("/api/generate", Whole, "respond-async, wait=100"), leave.Token);
        var id = (await Eventually.NotNull(async () =>
            (await proxy.GetAsync("/api/v1/prompts")).GetProperty("prompts").EnumerateArray().Select(prompt => CallTests.Text(prompt, "id")).SingleOrDefault()))!;
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await proxy.Ollama.AcceptAsync();

        Assert.Equal("completed", CallTests.Text(await proxy.ResultAsync(id), "status"));
        Assert.Contains("\"done\":true", await proxy.Client.GetStringAsync($"/api/v1/prompt/{id}/response"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cancel", "It was cancelled.")]
    [InlineData("delete", "The prompt was deleted.")]
    public async Task Who_waits_is_told_that_others_ended_the_prompt(string how, string message)
    {
        await using var proxy = await StartAsync();
        proxy.Ollama.Faults.Enqueue(Fault.Hang);
        var waiting = PostAsync(proxy, "/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":"hi"}]}""");
        await proxy.Ollama.Requests.WaitForAsync(1);
        var id = CallTests.Text((await proxy.GetAsync("/api/v1/prompts")).GetProperty("prompts")[0], "id");

        using var _ = how == "cancel" ? await proxy.Client.PostAsync($"/api/v1/prompt/{id}/cancel", null) : await proxy.Client.DeleteAsync($"/api/v1/prompt/{id}");

        using var response = await waiting;
        Assert.Equal(HttpStatusCode.Gone, response.StatusCode);
        Assert.Equal(message, CallTests.Text((await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error"), "message"));
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
    }

    [Fact]
    public async Task Who_waits_a_while_is_told_that_the_prompt_was_deleted()
    {
        await using var proxy = await StartAsync();
        proxy.Ollama.Faults.Enqueue(Fault.Hang);
        var waiting = proxy.Client.SendAsync(CallTests.Post("/api/generate", Whole, "respond-async, wait=60"));
        await proxy.Ollama.Requests.WaitForAsync(1);
        var id = CallTests.Text((await proxy.GetAsync("/api/v1/prompts")).GetProperty("prompts")[0], "id");
        using var _ = await proxy.Client.DeleteAsync($"/api/v1/prompt/{id}");

        using var response = await waiting;
        Assert.Equal(HttpStatusCode.Gone, response.StatusCode);
        Assert.Equal("The prompt was deleted.", CallTests.Text(await response.Content.ReadFromJsonAsync<JsonElement>(), "error"));
    }

    [Fact]
    public async Task Who_has_waited_long_enough_gets_202_and_the_prompt_runs_on()
    {
        await using var proxy = await StartAsync();
        proxy.Ollama.Faults.Enqueue(Fault.Hang);

        using var response = await proxy.Client.SendAsync(CallTests.Post("/api/generate", Whole, "respond-async, wait=1"));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal($"/api/v1/prompt/{CallTests.IdOf(response)}/status", response.Headers.Location!.ToString());
        Assert.Equal("processing", CallTests.Text(await proxy.StatusAsync(CallTests.IdOf(response)), "status"));
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task While_a_client_waits_nothing_is_sent_to_it(string host)
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var ollama = await RawOllama.StartAsync(async call =>
        {
            asked.SetResult();
            await answer.Task.WaitAsync(call.Gone);
            await call.SendAsync(RawOllama.Line("hi", done: true));
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_URL", ollama.Url));
        using var client = new TcpClient(proxy.Client.BaseAddress!.Host, proxy.Client.BaseAddress.Port);
        await client.Client.SendAsync(Encoding.ASCII.GetBytes($"POST /api/generate HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {Whole.Length}\r\n\r\n{Whole}"));
        await asked.Task;
        // A request from beginning to end: whatever was to be sent in between would be there.
        await proxy.GetAsync("/api/v1/stats");

        Assert.Equal(0, client.Available);

        answer.SetResult();
        using var reader = new StreamReader(client.GetStream());
        Assert.StartsWith("HTTP/1.1 200 OK", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_whole_answer_may_take_longer_than_the_idle_limit()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, new() { TokensPerSecond = 40 }, ("OLLAMA_IDLE_TIMEOUT", "0.01"), ("OLLAMA_MAX_ATTEMPTS", "1"));

        using var response = await PostAsync(proxy, "/api/generate", Whole);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("completed", CallTests.Text(await proxy.StatusAsync(CallTests.IdOf(response)), "status"));
    }

    [Fact]
    public async Task Of_a_whole_answer_no_part_is_kept()
    {
        await using var proxy = await StartAsync(("OLLAMA_MAX_ATTEMPTS", "1"));
        proxy.Ollama.Faults.Enqueue(Fault.Cut(3));

        using var response = await PostAsync(proxy, "/api/generate", Whole);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
        var result = await proxy.ResultAsync(CallTests.IdOf(response));
        Assert.Equal("failed", CallTests.Text(result, "status"));
        Assert.False(result.TryGetProperty("partial", out _));
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_client_that_waits_for_a_whole_answer_and_goes_away_has_Ollama_stopped(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        proxy.Ollama.Faults.Enqueue(Fault.Hang);
        using var leave = new CancellationTokenSource();
        var waiting = proxy.Client.SendAsync(CallTests.Post("/v1/messages", """{"model":"tiny","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"""), leave.Token);
        await proxy.Ollama.Requests.WaitForAsync(1);
        var id = CallTests.Text((await proxy.GetAsync("/api/v1/prompts")).GetProperty("prompts")[0], "id")!;

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await proxy.StatusWhenAsync(id, status => CallTests.Text(status, "status") == "cancelled");
        var request = proxy.Ollama.Requests.All.Single();
        await request.Ended;
        Assert.True(request.ClosedByClient);
    }

    [Fact]
    public async Task A_client_that_reads_nothing_does_not_hold_up_the_worker()
    {
        var line = RawOllama.Line(new string('x', 1024 * 1024));
        await using var ollama = await RawOllama.StartAsync(async call =>
        {
            call.Context.Response.ContentType = "application/x-ndjson";
            for (var part = 0; part < 16; part++)
                await call.SendAsync(line);
            await call.SendAsync(RawOllama.Line("", done: true));
        });
        await using var proxy = await StartAsync(("OLLAMA_URL", ollama.Url));

        using var response = await PostAsync(proxy, "/api/generate", Streamed, HttpCompletionOption.ResponseHeadersRead);

        await proxy.StatusWhenAsync(CallTests.IdOf(response), status => CallTests.Text(status, "status") == "completed");
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_ends_no_call_that_is_being_run()
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var ollama = await RawOllama.StartAsync(async call =>
        {
            asked.TrySetResult();
            await answer.Task.WaitAsync(call.Gone);
            await call.SendAsync(RawOllama.Line("hi", done: true));
        });
        await using var proxy = await StartAsync(("OLLAMA_URL", ollama.Url));
        var running = PostAsync(proxy, "/api/generate", Whole);
        await asked.Task;
        var queued = PostAsync(proxy, "/api/generate", Whole);
        await Eventually.NotNull(async () => (await proxy.GetAsync("/api/v1/prompts?status=queued")).GetProperty("total").GetInt32() == 1 ? "" : null);
        using (var other = StorageRig.Open(proxy.DatabasePath))
        {
            other.Execute("ALTER TABLE prompts RENAME COLUMN id TO away");
            // The one that runs looks at the store as often, and a moment earlier.
            using var refused = await queued;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            other.Execute("ALTER TABLE prompts RENAME COLUMN away TO id");
        }

        answer.SetResult();

        using var response = await running;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("\"done\":true", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_without_an_end_is_cut_off_at_a_limit()
    {
        var piece = Encoding.ASCII.GetBytes(new string('x', 1024 * 1024));
        await using var ollama = await RawOllama.StartAsync(async call =>
        {
            call.Context.Response.ContentType = "application/x-ndjson";
            while (!call.Gone.IsCancellationRequested)
                await call.SendAsync(piece);
        });
        await using var proxy = await StartAsync(("OLLAMA_URL", ollama.Url));

        using var response = await PostAsync(proxy, "/api/generate", Streamed);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("The answer is longer than 268435456 bytes, and was cut off.", CallTests.Text(await response.Content.ReadFromJsonAsync<JsonElement>(), "error"));
        Assert.Equal(1, ollama.Requests);
    }

    [Fact]
    public async Task The_settings_say_which_priority_calls_have()
    {
        await using var proxy = await StartAsync(("OLLAMA_PROXY_INTERACTIVE_PRIORITY", "33"));
        using var response = await PostAsync(proxy, "/api/generate", Whole);
        Assert.Equal(33, (await proxy.StatusAsync(CallTests.IdOf(response))).GetProperty("priority").GetInt32());
    }

    [Fact]
    public async Task A_full_queue_is_429_in_the_words_of_the_API()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_WORKER", "0"), ("OLLAMA_PROXY_MAX_QUEUED", "1"));
        await proxy.SubmitAsync(new { prompt = "in the way" });

        using var ollama = await PostAsync(proxy, "/api/generate", Whole);
        Assert.Equal(HttpStatusCode.TooManyRequests, ollama.StatusCode);
        Assert.True(ollama.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        Assert.NotEmpty(CallTests.Text(await ollama.Content.ReadFromJsonAsync<JsonElement>(), "error")!);
        using var openAI = await PostAsync(proxy, "/v1/chat/completions", Whole);
        Assert.Equal("rate_limit_error", CallTests.Text((await openAI.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error"), "type"));
        using var anthropic = await PostAsync(proxy, "/v1/messages", Whole);
        var error = await anthropic.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("error", "rate_limit_error"), (CallTests.Text(error, "type"), CallTests.Text(error.GetProperty("error"), "type")));
    }

    [Fact]
    public async Task On_a_host_that_gives_up_a_call_is_503_before_that_and_cancelled()
    {
        var host = InProcess.Host(args => TriggerApplication.Create(args, new HostLimits(TimeSpan.FromMilliseconds(300))));
        await using var proxy = await RunningProxy.StartAsync(host);
        proxy.Ollama.Faults.Enqueue(Fault.Hang);

        using var response = await PostAsync(proxy, "/api/generate", Whole);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Contains("OllamaProxy.Server", CallTests.Text(await response.Content.ReadFromJsonAsync<JsonElement>(), "error"), StringComparison.Ordinal);
        await proxy.StatusWhenAsync(CallTests.IdOf(response), status => CallTests.Text(status, "status") == "cancelled");
        await proxy.Ollama.Requests.All.Single().Ended;
    }

    [Fact]
    public async Task The_Functions_host_lets_a_client_wait_for_less_than_its_proxy_does() =>
        Assert.Equal(TimeSpan.FromSeconds(220), await Task.FromResult(HostLimits.Functions.LongestSilence));

    [Theory]
    [InlineData("/api/generate", null)]
    [InlineData("/v1/chat/completions", "api_error")]
    [InlineData("/v1/messages", "overloaded_error")]
    public async Task A_shutdown_tells_who_waits_and_leaves_nothing_to_be_run(string path, string? type)
    {
        await using var proxy = await StartAsync();
        await proxy.Ollama.RefuseAsync();
        var waiting = PostAsync(proxy, path, Whole);
        await Eventually.NotNull(async () => (await proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt32() == 1 ? "" : null);

        await proxy.RestartAsync();

        using var response = await waiting;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal("Ollama Proxy is shutting down.", type is null ? error.GetString() : CallTests.Text(error, "message"));
        Assert.Equal(type, type is null ? null : CallTests.Text(error, "type"));
        Assert.Equal("cancelled", CallTests.Text(await proxy.StatusAsync(CallTests.IdOf(response)), "status"));
    }

    [Fact]
    public async Task A_process_that_only_serves_answers_with_what_another_one_ran()
    {
        await using var worker = await StartAsync();
        await using var serving = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            ("OLLAMA_PROXY_WORKER", "0"), ("OLLAMA_PROXY_DB", worker.DatabasePath), ("OLLAMA_URL", worker.Ollama.BaseAddress.ToString()));

        using var response = await PostAsync(serving, "/api/generate", Streamed);

        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.ToString());
        Assert.Contains("\"done\":true", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_is_run_by_the_process_that_has_its_connection()
    {
        await using var one = await StartAsync();
        await using var other = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_DB", one.DatabasePath));
        for (var round = 0; round < 10; round++)
        {
            using var response = await PostAsync(other, "/api/generate", Whole);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        Assert.Equal((0, 10), (one.Ollama.Requests.Count, other.Ollama.Requests.Count));
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_large_call_and_a_large_answer_pass(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var image = Convert.ToBase64String(new byte[8 * 1024 * 1024]);
        using var response = await PostAsync(proxy, "/api/chat", $$"""{"model":"tiny","messages":[{"role":"user","content":"look","images":["{{image}}"]}],"options":{"simulator_tokens":50000} }""");
        var answer = await response.Content.ReadAsStringAsync();
        Assert.Equal(50_001, answer.AsSpan().Count('\n'));
        Assert.True(proxy.Ollama.Requests.All.Single().Body.Length > 10 * 1024 * 1024);
    }

    [Fact]
    public async Task What_the_settings_say_of_keep_alive_goes_into_calls_that_say_nothing()
    {
        await using var proxy = await StartAsync(("OLLAMA_KEEP_ALIVE", "10m"));
        foreach (var (path, body, expected) in new[]
        {
            ("/api/generate", """ {"model":"tiny"}""", """ {"keep_alive":"10m","model":"tiny"}"""),
            ("/api/chat", "{}", """{"keep_alive":"10m"}"""),
            ("/api/generate", """{"model":"tiny","keep_alive":0}""", """{"model":"tiny","keep_alive":0}"""),
            ("/v1/completions", """{"model":"tiny","prompt":"x"}""", """{"model":"tiny","prompt":"x"}"""),
            ("/api/generate", "{", "{"),
            ("/api/chat", """{"keep_alive":null}""", """{"keep_alive":"10m"}"""),
            ("/api/generate", """{"model":"tiny", "keep_alive" : null ,"raw":true}""",
                """{"model":"tiny", "keep_alive" : "10m" ,"raw":true}"""),
            ("/api/embed", """{"Keep_Alive":null,"input":[{"keep_alive":"1m"}]}""",
                """{"Keep_Alive":"10m","input":[{"keep_alive":"1m"}]}"""),
            ("/api/generate", """{"keep_alive":"1m","keep_alive":null}""", """{"keep_alive":"1m","keep_alive":"10m"}"""),
            ("/api/generate", """{"keep_alive":null,"keep_alive":"1m"}""", """{"keep_alive":null,"keep_alive":"1m"}"""),
            ("/api/generate", """{"options":{"keep_alive":null}}""", """{"keep_alive":"10m","options":{"keep_alive":null}}"""),
            ("/api/chat", """{"keep_alive":-1}""", """{"keep_alive":-1}"""),
            ("/v1/chat/completions", """{"keep_alive":null}""", """{"keep_alive":null}"""),
            ("/api/generate", """{"keep_alive":null} x""", """{"keep_alive":null} x"""),
        })
        {
            using var response = await PostAsync(proxy, path, body);
            Assert.Equal(expected, Encoding.UTF8.GetString(proxy.Ollama.Requests.All[^1].Body.Span));
        }
    }

    /// <summary>With an Ollama that is slow enough for its first token to be read before anything else happens.</summary>
    private static Task<RunningProxy> SlowAsync() => RunningProxy.StartAsync(ProxyHosts.Server, new() { TokensPerSecond = 20 });

    private static Task<RunningProxy> StartAsync(params (string Name, string Value)[] settings) => RunningProxy.StartAsync(ProxyHosts.Server, null, settings);

    private static Task<HttpResponseMessage> PostAsync(RunningProxy proxy, string path, string body, HttpCompletionOption option = HttpCompletionOption.ResponseContentRead) =>
        proxy.Client.SendAsync(CallTests.Post(path, body), option);
}
