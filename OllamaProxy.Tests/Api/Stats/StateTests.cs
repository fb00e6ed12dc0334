using System.Globalization;
using System.Text.Json;
using OllamaProxy.Simulator;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Stats;

/// <summary>
/// What is told of the queue's and of Ollama's state. Each test has a proxy of its own, since answers are kept for seconds.
/// </summary>
public class StateTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task The_figures_tell_of_what_was_completed_lately(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        for (var n = 0; n < 3; n++)
            await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "count", options = new { num_predict = 4 } }));
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "fails", model = "nosuch" }));

        var stats = await proxy.GetAsync("/api/v1/stats");

        Assert.Equal((3, 1), (stats.GetProperty("counts").GetProperty("completed").GetInt32(),
            stats.GetProperty("counts").GetProperty("failed").GetInt32()));
        foreach (var (name, seconds) in new[] { ("last_5_minutes", 300), ("last_hour", 3600) })
        {
            var figures = stats.GetProperty(name);
            Assert.Equal(3, figures.GetProperty("prompts").GetInt32());
            Assert.Equal(Math.Round(3.0 / seconds, 3), figures.GetProperty("prompts_per_second").GetDouble());
            Assert.Equal(Math.Round(12.0 / seconds, 1), figures.GetProperty("tokens_per_second").GetDouble());
            Assert.True(figures.GetProperty("wait_seconds").GetProperty("median").GetDouble() >= 0);
            Assert.True(figures.GetProperty("run_seconds").GetProperty("p95")
                .GetDouble() >= figures.GetProperty("run_seconds").GetProperty("median").GetDouble());
        }
        var minutes = stats.GetProperty("minutes").EnumerateArray().ToList();
        Assert.Equal((60, 4), (minutes.Count, minutes.Sum(minute => minute.GetProperty("finished").GetInt32())));
        Assert.Equal(0, minutes[^1].GetProperty("waiting").GetInt32());
        Assert.Equal(minutes.Select(At).Order(), minutes.Select(At));
        var backend = stats.GetProperty("backends").EnumerateArray().Single();
        Assert.Equal((true, proxy.Ollama.BaseAddress.ToString()),
            (backend.GetProperty("reachable").GetBoolean(), backend.GetProperty("url").GetString()));
        Assert.NotEmpty(backend.GetProperty("version").GetString()!);
        Assert.Equal("llama3.2:latest", backend.GetProperty("loaded_models").EnumerateArray().Single().GetProperty("name").GetString());
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task The_installed_models_are_those_of_Ollama(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host),
            new SimulatorOptions { Models = ["mistral", "llama3.2"] }, ("OLLAMA_MODEL", "qwen3"));

        var answer = await proxy.GetAsync("/api/v1/models");

        var models = answer.GetProperty("models").EnumerateArray().ToList();
        Assert.Equal(["mistral:latest", "llama3.2:latest"], models.Select(model => model.GetProperty("name").GetString()));
        Assert.All(models, model =>
            Assert.True(model.GetProperty("size").GetInt64() > 0
            && model.TryGetProperty("modified_at", out _) && model.TryGetProperty("parameter_size", out _)));
        Assert.Equal("qwen3", answer.GetProperty("default").GetString());
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Without_Ollama_the_figures_are_told_and_the_models_are_not(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        await proxy.Ollama.RefuseAsync();

        using var models = await proxy.Client.GetAsync("/api/v1/models");
        var problem = await Problem.OfAsync(models, 503);
        Assert.Contains("`ollama serve`", problem.Error, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(5), models.Headers.RetryAfter?.Delta);

        var backend = (await proxy.GetAsync("/api/v1/stats")).GetProperty("backends").EnumerateArray().Single();
        Assert.False(backend.GetProperty("reachable").GetBoolean());
        Assert.Contains("cannot be reached", backend.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(backend.GetProperty("loaded_models").EnumerateArray());
    }

    private static DateTimeOffset At(JsonElement minute) =>
        DateTimeOffset.Parse(minute.GetProperty("at").GetString()!, CultureInfo.InvariantCulture);
}
