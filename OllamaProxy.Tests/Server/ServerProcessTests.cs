using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Configuration;
using OllamaProxy.Server;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Server;

/// <summary>The program as people start it.</summary>
public sealed class ServerProcessTests : IAsyncLifetime
{
    private const string AnyPort = "--urls http://127.0.0.1:0";

    private readonly StoreHome _home = StoreHome.Chosen();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _home.DisposeAsync();

    [Fact]
    public async Task With_the_Simulator_inside_a_prompt_ends_in_a_result_and_the_log_says_who_answers()
    {
        using var server = await ServerProcess.StartAsync(_home, $"--simulate {AnyPort}");
        using var client = await server.ClientAsync();

        var id = await SubmitAsync(client, "What is the capital of France?");

        Assert.Equal(Simulation.AnswerTo("What is the capital of France?"), await ResultAsync(client, id));
        Assert.Contains("SIMULATING", server.Output, StringComparison.Ordinal);
        Assert.Contains(_home.Name, server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_gauges_tell_how_the_queue_and_the_backend_are()
    {
        using var server = await ServerProcess.StartAsync(_home, $"--simulate {AnyPort}");
        using var client = await server.ClientAsync();
        await ResultAsync(client, await SubmitAsync(client, "Count me."));

        await Eventually.NotNull(async () =>
        {
            var metrics = await client.GetStringAsync("/metrics");
            return Gauges.All(gauge => Regex.IsMatch(metrics, gauge, RegexOptions.Multiline)) ? metrics : null;
        }, "the gauges");
    }

    private static readonly string[] Gauges =
    [
        """^ollama_proxy_prompts\{[^}]*status="completed"\} 1$""",
        """^ollama_proxy_prompts\{[^}]*status="queued"\} 0$""",
        """^ollama_proxy_backend_up\{[^}]*\} 1$""",
        """^ollama_proxy_backend_slots\{[^}]*\} 1$""",
        """^ollama_proxy_queue_oldest_age_seconds(\{[^}]*\})? 0$""",
        """^ollama_proxy_queue_paused(\{[^}]*\})? 0$""",
    ];

    [Fact]
    public async Task Simulated_answers_go_into_a_database_of_their_own()
    {
        await using var simulating = ServerApplication.Create([], new Uri("http://127.0.0.1:1"));
        await using var real = ServerApplication.Create([]);

        Assert.Equal(Repository.File("data/simulated.db"), simulating.Services.GetRequiredService<OllamaProxyOptions>().DatabasePath);
        Assert.Equal(Repository.File("data/queue.db"), real.Services.GetRequiredService<OllamaProxyOptions>().DatabasePath);
    }

    [Fact]
    public async Task Without_Ollama_it_starts_says_once_what_to_do_and_runs_what_is_queued_when_Ollama_comes_up()
    {
        await using var ollama = await OllamaSimulator.StartAsync();
        await ollama.RefuseAsync();
        using var server = await ServerProcess.StartAsync(_home, AnyPort, ("OLLAMA_URL", ollama.BaseAddress.ToString()));
        using var client = await server.ClientAsync();
        await Eventually.True(() => server.Output.Contains("`ollama serve`", StringComparison.Ordinal));
        var id = await SubmitAsync(client, "patient");

        await ollama.AcceptAsync();

        Assert.Equal(Simulation.AnswerTo("patient"), await ResultAsync(client, id));
        Assert.Equal(2, server.Output.Split("`ollama pull llama3.2`").Length);
    }

    [Fact]
    public async Task SIGTERM_hands_the_running_prompt_back_and_the_next_start_runs_it()
    {
        await using var ollama = await OllamaSimulator.StartAsync();
        ollama.Faults.Enqueue(Fault.Stall(2));
        string id;
        using (var server = await ServerProcess.StartAsync(_home, AnyPort, ("OLLAMA_URL", ollama.BaseAddress.ToString())))
        {
            using var client = await server.ClientAsync();
            id = await SubmitAsync(client, "interrupted");
            await ollama.Requests.WaitForAsync(1);
            await server.TerminateAsync();
            Assert.Equal(0, await server.ExitCodeAsync());
        }
        Assert.Equal(RunningProxy.IsOnPostgres ? [] : [_home.Folder.File("queue.db")], Directory.GetFiles(_home.Folder.Path));

        using var again = await ServerProcess.StartAsync(_home, AnyPort, ("OLLAMA_URL", ollama.BaseAddress.ToString()));
        using var secondClient = await again.ClientAsync();
        Assert.Equal(Simulation.AnswerTo("interrupted"), await ResultAsync(secondClient, id));
        Assert.Equal(1, (await secondClient.GetFromJsonAsync<JsonElement>($"/api/v1/prompt/{id}/status"))
            .GetProperty("attempts").GetInt32());
    }

    [Fact]
    public async Task After_a_kill_the_next_start_runs_the_prompt_once_its_lease_ran_out()
    {
        await using var ollama = await OllamaSimulator.StartAsync();
        ollama.Faults.Enqueue(Fault.Stall(2));
        string id;
        using (var server = await ServerProcess.StartAsync(_home, AnyPort, ("OLLAMA_URL", ollama.BaseAddress.ToString()),
            ("OLLAMA_PROXY_LEASE_SECONDS", "3")))
        {
            using var client = await server.ClientAsync();
            id = await SubmitAsync(client, "killed");
            await ollama.Requests.WaitForAsync(1);
            server.Kill();
        }

        using var again = await ServerProcess.StartAsync(_home, AnyPort, ("OLLAMA_URL", ollama.BaseAddress.ToString()));
        using var secondClient = await again.ClientAsync();
        Assert.Equal(Simulation.AnswerTo("killed"), await ResultAsync(secondClient, id));
        Assert.Equal(2, (await secondClient.GetFromJsonAsync<JsonElement>($"/api/v1/prompt/{id}/status"))
            .GetProperty("attempts").GetInt32());
    }

    [Fact]
    public async Task A_bad_setting_stops_the_start_with_one_line_that_names_it()
    {
        using var server = await ServerProcess.StartAsync(_home, AnyPort, ("OLLAMA_CONCURRENCY", "many"));
        Assert.Equal(1, await server.ExitCodeAsync());
        Assert.Equal("The setting OLLAMA_CONCURRENCY must be a whole number from 1 to 1024, but is 'many'.", server.Output.Trim());
    }

    [Fact]
    public async Task A_port_that_is_taken_stops_the_start_with_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using var server = await ServerProcess.StartAsync(_home, $"--urls http://{taken.LocalEndpoint}");
        Assert.Equal(1, await server.ExitCodeAsync());
        Assert.Contains($"{taken.LocalEndpoint}", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
    }

    [SqliteFact]
    public async Task A_database_that_cannot_be_used_stops_the_start_with_one_line()
    {
        await File.WriteAllTextAsync(_home.Folder.File("queue.db"), new string('x', 5000));
        using var server = await ServerProcess.StartAsync(_home, AnyPort);
        Assert.Equal(1, await server.ExitCodeAsync());
        Assert.Equal($"The file {_home.Folder.File("queue.db")} is no SQLite database.", server.Output.Trim());
    }

    [Fact]
    public async Task A_misspelt_setting_is_warned_of_and_one_of_Ollamas_is_not()
    {
        using var server = await ServerProcess.StartAsync(_home, AnyPort, ("OLLAMA_PROXY_RETENTON_DAYS", "7"), ("OLLAMA_HOST", "0.0.0.0"));
        using var client = await server.ClientAsync();
        Assert.Contains("OLLAMA_PROXY_RETENTON_DAYS is set, but is not a setting of Ollama Proxy", server.Output, StringComparison.Ordinal);
        Assert.Contains("Did you mean OLLAMA_PROXY_RETENTION_DAYS?", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("OLLAMA_HOST", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_of_the_log_begins_with_the_date_the_time_and_the_zone()
    {
        using var server = await ServerProcess.StartAsync(_home, AnyPort);
        using var client = await server.ClientAsync();
        const string Beginning = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d \w{4}: ";
        Assert.All(server.Output.Trim().Split('\n'), line => Assert.Matches(Beginning, line));
    }

    [Fact]
    public async Task What_the_environment_says_of_the_logs_format_holds()
    {
        using var server = await ServerProcess.StartAsync(_home, AnyPort, ("Logging__Console__FormatterName", "json"));
        await Eventually.True(() => server.Output.Contains("Now listening on", StringComparison.Ordinal));
        Assert.All(server.Output.Trim().Split('\n'), line =>
        {
            using var entry = JsonDocument.Parse(line);
            Assert.NotEqual(default, entry.RootElement.GetProperty("Timestamp").GetDateTimeOffset());
        });
    }

    [Fact]
    public async Task A_password_is_in_no_line_of_the_log()
    {
        using var server = await ServerProcess.StartAsync(_home, AnyPort,
            ("OLLAMA_URL", "http://user:s3cret@127.0.0.1:9;header=X-Key: s3cret"), ("OLLAMA_PROXY_BACKEND_TOKEN", "s3cret"),
            ("Logging__LogLevel__Default", "Trace"), ("Logging__LogLevel__Microsoft", "Trace"));
        using var client = await server.ClientAsync();
        await SubmitAsync(client, "hello");
        await Eventually.True(() => server.Output.Contains("Ollama at http://127.0.0.1:9/ cannot be reached", StringComparison.Ordinal));
        Assert.DoesNotContain("s3cret", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_model_of_the_command_line_is_the_one_that_is_simulated()
    {
        using var server = await ServerProcess.StartAsync(_home, $"--simulate --OLLAMA_MODEL tiny {AnyPort}");
        using var client = await server.ClientAsync();
        Assert.Equal(Simulation.AnswerTo("hello"), await ResultAsync(client, await SubmitAsync(client, "hello")));
    }

    private static async Task<string> SubmitAsync(HttpClient client, string prompt)
    {
        using var response = await client.PostAsJsonAsync("/api/v1/prompt", new { prompt });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static Task<string> ResultAsync(HttpClient client, string id) => Eventually.NotNull(async () =>
        (await client.GetFromJsonAsync<JsonElement>($"/api/v1/prompt/{id}/result")) is var result
            && result.TryGetProperty("result", out var text) ? text.GetString() : null);
}
