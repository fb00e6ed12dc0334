using OllamaProxy.Prompts;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <content>What operators pause.</content>
public abstract partial class PromptChangeTests
{
    [StoreFact]
    public async Task A_pause_is_recorded_once_since_it_began_until_it_is_resumed()
    {
        var began = Time.GetUtcNow();
        await Store.PauseAsync(PauseScope.Model, "ü:latest", default);
        Time.Advance(TimeSpan.FromMinutes(1));
        await Store.PauseAsync(PauseScope.Model, "ü:latest", default);
        await Store.PauseAsync(PauseScope.Queue, "", default);

        Assert.Equal(
            [new(PauseScope.Model, "ü:latest", began), new(PauseScope.Queue, "", began.AddMinutes(1))],
            await Store.ListPausesAsync(default));

        await Store.ResumeAsync(PauseScope.Model, "other", default);
        await Store.ResumeAsync(PauseScope.Model, "ü:latest", default);
        Assert.Equal([PauseScope.Queue], (await Store.ListPausesAsync(default)).Select(pause => pause.Scope));
    }
}
