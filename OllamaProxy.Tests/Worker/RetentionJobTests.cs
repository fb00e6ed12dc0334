using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Prompts;
using OllamaProxy.Worker;

namespace OllamaProxy.Tests.Worker;

public sealed class RetentionJobTests
{
    [Fact]
    public async Task What_ended_longer_ago_than_the_retention_is_removed()
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_PROXY_RETENTION_DAYS", "1.5"), ("OLLAMA_PROXY_DRAIN_SECONDS", "0"));
        var old = new List<Guid>();
        for (var n = 0; n < 3; n++)
            old.Add(await rig.SubmitAsync($"prompt {n}"));
        await rig.DrainToEndAsync();
        rig.Time.Advance(TimeSpan.FromDays(1.5));
        var queued = await rig.SubmitAsync("still queued");

        await rig.Services.GetRequiredService<RetentionJob>().PurgeAsync(default);
        Assert.Equal(4, (await rig.Store.ListAsync(new(1, 1), default)).Total);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.Services.GetRequiredService<RetentionJob>().PurgeAsync(default);

        Assert.Equal(queued, Assert.Single((await rig.Store.ListAsync(new(1, 10), default)).Prompts).Prompt.Id);
        foreach (var id in old)
            Assert.Null(await rig.Store.FindAsync(id, default));
    }

    [Theory]
    [InlineData("OLLAMA_PROXY_RETENTION_DAYS", "0")]
    [InlineData("OLLAMA_PROXY_WORKER", "false")]
    public async Task Nothing_is_removed_without_a_retention_or_by_a_process_that_only_serves(string name, string value)
    {
        await using var rig = await WorkerRig.StartAsync(("OLLAMA_PROXY_RETENTION_DAYS", "1"), ("OLLAMA_PROXY_DRAIN_SECONDS", "0"),
            (name, value));
        var id = await rig.SubmitAsync("kept");
        await rig.Queue.CancelAsync(id, default);
        rig.Time.Advance(TimeSpan.FromDays(1000));

        await rig.Services.GetRequiredService<RetentionJob>().PurgeAsync(default);

        Assert.Equal(PromptStatus.Cancelled, (await rig.FindAsync(id)).Status);
    }
}
