using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OllamaProxy.Prompts;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Api;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Functions.StandIn;
using OllamaProxy.Tests.Support;

using static System.StringComparison;

namespace OllamaProxy.Tests.Functions;

/// <summary>The Functions app as the process that the host starts, with a stand-in for the host.</summary>
public sealed partial class WorkerProcessTests : IAsyncLifetime
{
    private readonly StoreHome _home = StoreHome.Chosen();
    private OllamaSimulator _ollama = null!;
    private (string Name, string Value)[] _settings = [];

    public async Task InitializeAsync()
    {
        _ollama = await OllamaSimulator.StartAsync();
        _settings = [("OLLAMA_URL", _ollama.BaseAddress.ToString()), .. await _home.SettingsAsync()];
    }

    public async Task DisposeAsync()
    {
        await _ollama.DisposeAsync();
        await _home.DisposeAsync();
    }

    [Fact]
    public async Task The_worker_declares_every_function_with_its_route_methods_and_schedule()
    {
        await using var host = await StartAsync();

        var declared = host.Functions.Select(function => Row(
            function.Name, function.Route, function.Methods, function.AuthLevel, function.Schedule, function.UseMonitor));

        Assert.Equal(
            Trigger.All.Select(trigger => Row(trigger.Name, trigger.Http?.Route, trigger.Http is null ? [] : trigger.Methods,
                trigger.Http?.AuthLevel.ToString(), trigger.Timer?.Schedule, trigger.Timer?.UseMonitor)).Order(),
            declared.Order());
    }

    [Fact]
    public async Task A_prompt_that_is_submitted_to_the_worker_is_run_by_its_timer()
    {
        await using var host = await StartAsync();

        var id = await SubmitAsync(host.Client, "What is the capital of France?");

        var result = await Eventually.NotNull(async () =>
        {
            var answer = await host.Client.GetFromJsonAsync<JsonElement>($"/api/v1/prompt/{id}/result");
            return answer.TryGetProperty("result", out var text) ? text.GetString() : null;
        });
        Assert.Equal(Simulation.AnswerTo("What is the capital of France?"), result);
        Assert.All(
            host.Invocations.Where(invocation => invocation.Response.IsCompleted),
            invocation => Assert.Equal(StatusResult.Types.Status.Success, invocation.Response.Result.Result.Status));
        await Eventually.True(() => host.Logs.Any(log => log.Message.Contains($"{id}: completed", Ordinal)));
        await Eventually.True(() => host.Logs.Any(log => log.Message.Contains($"its database is {_home.Name}", Ordinal)));
    }

    [Fact]
    public async Task Every_function_binds_its_parameters_and_answers_at_its_route()
    {
        await using var host = await StartAsync();
        foreach (var function in host.Functions.Where(function => function.Route is not null))
        {
            var path = RouteParameter().Replace(
                function.Route!, parameter => parameter.Value.EndsWith("?}", Ordinal) ? "" : $"{Guid.NewGuid()}");
            using var request = new HttpRequestMessage(new(function.Methods.FirstOrDefault("GET")), $"/{path}");
            // A stream of events does not end by itself.
            using (var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
                Assert.NotEqual(HttpStatusCode.InternalServerError, response.StatusCode);
            var invocation = Assert.Single(host.Invocations, invocation => invocation.Function == function.Name);
            Assert.Equal(StatusResult.Types.Status.Success, (await invocation.ResultAsync()).Status);
        }
    }

    [Fact]
    public async Task A_client_that_goes_away_cancels_its_invocation()
    {
        await using var host = await StartAsync();
        _ollama.Faults.Enqueue(Fault.Stall(2));
        var call = await BeginCallAsync(host.Client);
        var invocation = host.Invocations.Single(invocation => invocation.Function == "Generate");
        Assert.Equal((false, 1), (invocation.Response.IsCompleted, _ollama.Requests.Running));

        call.Dispose();

        await IsCancelledAsync(host, invocation);
    }

    [Fact]
    public async Task An_invocation_that_the_host_cancels_ends_though_its_client_still_waits()
    {
        await using var host = await StartAsync();
        _ollama.Faults.Enqueue(Fault.Stall(2));
        using var call = await BeginCallAsync(host.Client);
        var invocation = host.Invocations.Single(invocation => invocation.Function == "Generate");
        Assert.Equal((false, 1), (invocation.Response.IsCompleted, _ollama.Requests.Running));

        host.Cancel(invocation);

        await IsCancelledAsync(host, invocation);
    }

    [Fact]
    public async Task A_drain_that_the_host_cancels_hands_its_prompt_back()
    {
        await using var host = await StartAsync();
        _ollama.Faults.Enqueue(Fault.Stall(2));
        await SubmitAsync(host.Client, "interrupted");
        await _ollama.Requests.WaitForAsync(1);
        var drain = host.Invocations.Single(invocation => invocation.Function == "Drain" && !invocation.Response.IsCompleted);

        host.Cancel(drain);

        Assert.Equal(StatusResult.Types.Status.Success, (await drain.ResultAsync()).Status);
        // The next drain takes it up again.
        await _ollama.Requests.WaitForAsync(2);
    }

    [Fact]
    public async Task A_worker_that_its_host_ends_hands_its_prompt_back_and_exits_with_0()
    {
        await using var host = await StartAsync();
        _ollama.Faults.Enqueue(Fault.Stall(2));
        var running = await SubmitAsync(host.Client, "interrupted");
        await _ollama.Requests.WaitForAsync(1);

        host.Terminate();

        Assert.Equal(0, await host.Worker.ExitCodeAsync());
        var store = await _home.OpenAsync(TimeProvider.System);
        var prompt = await store.FindAsync(running, default);
        Assert.Equal((PromptStatus.Queued, 0), (prompt!.Status, prompt.Attempts));
    }

    [Fact]
    public async Task A_body_is_taken_up_to_the_limit_of_the_settings_and_is_413_beyond_it()
    {
        // Kestrel's own limit is 30,000,000.
        const int Limit = 31_000_000;
        await using var host = await StartAsync(("OLLAMA_PROXY_MAX_BODY_BYTES", $"{Limit}"));

        using var large = await PostAsync(host.Client, Limit);
        Assert.Equal(HttpStatusCode.Accepted, large.StatusCode);
        using var tooLarge = await PostAsync(host.Client, Limit + 1);
        await Problem.OfAsync(tooLarge, 413);
    }

    [Fact]
    public async Task A_worker_with_a_bad_setting_does_not_start_and_says_which_it_is()
    {
        await using var host = await HostStandIn.LaunchAsync([.. _settings, ("OLLAMA_MAX_ATTEMPTS", "often")]);

        Assert.Equal(1, await host.Worker.ExitCodeAsync());
        await Eventually.True(() => host.Worker.Output.Contains("Error: The setting OLLAMA_MAX_ATTEMPTS", Ordinal));
        Assert.DoesNotContain("   at ", host.Worker.Output, Ordinal);
    }

    private Task<HostStandIn> StartAsync(params (string Name, string Value)[] settings) =>
        HostStandIn.StartAsync([.. _settings, .. settings]);

    /// <summary>A call whose answer has begun.</summary>
    private static Task<HttpResponseMessage> BeginCallAsync(HttpClient client) =>
        client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny","prompt":"gone"}"""), HttpCompletionOption.ResponseHeadersRead);

    private async Task IsCancelledAsync(HostStandIn host, Invocation invocation)
    {
        await invocation.ResultAsync();
        await Eventually.True(() => _ollama.Requests.Running == 0);
        await Eventually.NotNull(async () =>
            (await host.Client.GetStringAsync("/api/v1/prompts?page_size=1")).Contains("cancelled", Ordinal) ? "" : null);
    }

    private static async Task<Guid> SubmitAsync(HttpClient client, string prompt)
    {
        using var response = await client.PostAsJsonAsync("/api/v1/prompt", new { prompt });
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, int length)
    {
        var body = """{"prompt":""}""";
        body = body.Insert(body.Length - 2, new string('x', length - body.Length));
        return client.PostAsync("/api/v1/prompt", new StringContent(body, Encoding.ASCII, "application/json"));
    }

    private static string Row(string name, string? route, IEnumerable<string> methods, string? level, string? schedule, bool? useMonitor) =>
        $"{name} {route} {string.Join(',', methods.Order())} {level} {schedule} {useMonitor}";

    [GeneratedRegex(@"\{.*?\}")]
    private static partial Regex RouteParameter();
}
