using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using OllamaProxy.Tests.Api.Callers;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Metrics;

/// <summary>
/// What Prometheus reads. The process of the tests has many proxies, so counters are of all of them, and gauges of any; what gauges say is
/// tested in a process of its own. As soon as one proxy ends, OpenTelemetry drops what the others go on to count: none runs beside these.
/// </summary>
[Collection(nameof(MetricsTests))]
[CollectionDefinition(nameof(MetricsTests), DisableParallelization = true)]
public sealed partial class MetricsTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_prompt_is_told_of_from_its_submission_to_its_tokens(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        await ReadAsync(proxy.Client); // Measuring begins.
        var id = await proxy.SubmitAsync(new { prompt = "Count me.", model = "tiny" });
        await proxy.ResultAsync(id);

        foreach (var wanted in Wanted)
            await WhenAsync(proxy.Client, wanted);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Names_that_clients_invent_make_no_series(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        await ReadAsync(proxy.Client); // Measuring begins.
        var invented = $"invented-{Guid.NewGuid():N}";
        var id = await proxy.SubmitAsync(new { prompt = "Count me.", model = invented });
        await proxy.ResultAsync(id);

        var metrics = await WhenAsync(proxy.Client, "outcome=\"failed\"");
        Assert.DoesNotContain(invented, metrics, StringComparison.Ordinal);
        Assert.Matches("""ollama_proxy_prompts_submitted_total\{[^}]*gen_ai_request_model="other""", metrics);
    }

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task With_keys_only_an_admin_reads_them_and_sees_the_names_of_keys_and_no_others(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        await ReadAsync(shared.Admin); // Measuring begins.
        var owner = $"owner-{Guid.NewGuid():N}";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/prompt");
        request.Content = JsonContent.Create(new { prompt = "hi" });
        request.Headers.Add("X-Owner", owner);
        using var submitted = await shared.Alice.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, submitted.StatusCode);

        Assert.Equal(401, await shared.Anybody.StatusOfAsync(HttpMethod.Get, "/metrics", null));
        Assert.Equal(403, await shared.Alice.StatusOfAsync(HttpMethod.Get, "/metrics", null));
        await WhenAsync(shared.Admin, """ollama_proxy_prompts_submitted_total\{[^}]*owner="alice""");
        var metrics = await WhenAsync(shared.Admin, """ollama_proxy_owner_prompts\{[^}]*owner="alice",status="queued""");
        Assert.DoesNotContain(owner, metrics, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task All_that_there_are_are_described_and_all_that_are_described_or_used_are_there(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null);
        await ReadAsync(proxy.Client); // Measuring begins.
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "Count me.", model = "tiny" }));
        var described = NamesIn(await File.ReadAllTextAsync(Repository.File("docs/monitoring.md")));

        // A scrape is good for a moment, and it counts what the proxies of other tests in this process do as well: that one name is there
        // tells nothing of the others. What has not happened in this process has no series yet.
        var expected = described.Except(["ollama_proxy_leases_lost_total", "ollama_proxy_model_loads_saved_total",
            "ollama_proxy_owner_prompts"]).ToHashSet();
        var there = await Eventually.NotNull(async () =>
            Type().Matches(await ReadAsync(proxy.Client)).Select(match => match.Groups[1].Value).ToHashSet() is var names
                && expected.IsSubsetOf(names) ? names : null, string.Join(", ", expected.Order()));

        var own = there.Where(name => !name.StartsWith("dotnet_", StringComparison.Ordinal) && name != "target_info");
        Assert.Empty(own.Except(described));
        foreach (var file in new[] { "docs/grafana.json", "docs/alerts.yaml" })
        {
            var used = NamesIn(await File.ReadAllTextAsync(Repository.File(file)));
            Assert.NotEmpty(used);
            Assert.Empty(used.Except(described).Except(there));
        }
    }

    [Fact]
    public async Task The_dashboard_is_JSON_whose_panels_all_ask_something()
    {
        using var dashboard = JsonDocument.Parse(await File.ReadAllTextAsync(Repository.File("docs/grafana.json")));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();
        Assert.All(panels, panel => Assert.NotEmpty(panel.GetProperty("targets").EnumerateArray()));
        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
    }

    private static readonly string[] Wanted =
    [
        """^ollama_proxy_prompts\{[^}]*status="completed"\} \d+$""",
        """^ollama_proxy_backend_up\{[^}]*\} [01]$""",
        """^ollama_proxy_queue_oldest_age_seconds(\{[^}]*\})? \d""",
        """^ollama_proxy_prompts_submitted_total\{[^}]*gen_ai_request_model="tiny:latest""",
        """^ollama_proxy_prompts_ended_total\{[^}]*gen_ai_request_model="tiny:latest"[^}]*status="completed""",
        """^ollama_proxy_attempts_total\{[^}]*outcome="completed""",
        """^ollama_proxy_prompt_wait_seconds_count\{[^}]*gen_ai_request_model="tiny:latest""",
        """^gen_ai_client_operation_duration_seconds_bucket\{[^}]*gen_ai_operation_name="text_completion"[^}]*le="\+Inf"\} [1-9]""",
        """^gen_ai_server_time_to_first_token_seconds_count\{""",
        """^gen_ai_client_token_usage_sum\{[^}]*gen_ai_token_type="output"\} [1-9]""",
        """^ollama_proxy_output_rate_per_second_count\{""",
        """^ollama_proxy_store_transaction_writes_count\{""",
    ];

    /// <summary>Reads until the metrics match: a scrape is good for a moment, and the queue is looked at every other second.</summary>
    private static Task<string> WhenAsync(HttpClient client, string wanted) => Eventually.NotNull(async () =>
        await ReadAsync(client) is var metrics && Regex.IsMatch(metrics, wanted, RegexOptions.Multiline) ? metrics : null, wanted);

    private static async Task<string> ReadAsync(HttpClient client)
    {
        using var response = await client.GetAsync("/metrics");
        Assert.Equal((HttpStatusCode.OK, "text/plain"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>The names in a text, those of a histogram's series without their ending.</summary>
    private static HashSet<string> NamesIn(string text) =>
        [.. Name().Matches(text).Select(match => Series().Replace(match.Value, ""))];

    [GeneratedRegex(@"\b(?:ollama_proxy|gen_ai|dotnet)_[a-z_]*[a-z]\b(?<!gen_ai_request_model|gen_ai_token_type)(?!_)")]
    private static partial Regex Name();

    [GeneratedRegex("_(?:bucket|sum|count)$")]
    private static partial Regex Series();

    [GeneratedRegex("^# TYPE ([a-z_0-9]+) ", RegexOptions.Multiline)]
    private static partial Regex Type();
}
