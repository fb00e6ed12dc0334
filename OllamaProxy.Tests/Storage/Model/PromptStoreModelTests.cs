using CsCheck;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;
using Xunit.Sdk;

namespace OllamaProxy.Tests.Storage.Model;

/// <summary>
/// What every <see cref="IPromptStore"/> promises, in whatever order it is asked for: random sequences of commands against
/// <see cref="StoreModel"/>.
/// </summary>
public abstract class PromptStoreModelTests
{
    /// <summary>For a still longer look, set to many thousands.</summary>
    private static readonly long Sequences =
        long.TryParse(Environment.GetEnvironmentVariable("OLLAMA_PROXY_TEST_SEQUENCES"), out var sequences)
            ? sequences : LongRuns.Of(50, 400);

    private static readonly NewPrompt New = new("", "m", "{}"u8.ToArray());

    /// <summary>Opens a store whose files, if it has any, are in a folder.</summary>
    protected abstract Task<IPromptStore> OpenAsync(string folder, TimeProvider time);

    /// <summary>Leaves a store as a process does that ends, and opens it again.</summary>
    protected virtual async Task<IPromptStore> ReopenAsync(IPromptStore store, string folder, TimeProvider time)
    {
        await CloseAsync(store);
        return await OpenAsync(folder, time);
    }

    /// <summary>Told once a sequence is over and its store closed.</summary>
    protected virtual Task OnEndedAsync(string folder) => Task.CompletedTask;

    /// <summary>To run a sequence again, set <c>CsCheck_Seed</c> to the seed that the failure names.</summary>
    [StoreFact]
    public async Task A_store_keeps_its_promises_whatever_it_is_told_in_whatever_order()
    {
        StoreCommand[] failing = [];
        try
        {
            await StoreCommands.Sequences.SampleAsync(
                RunAsync, iter: Sequences, print: commands => $"{(failing = commands).Length} commands");
        }
        catch (CsCheckException exception)
        {
            var (commands, failure) = await ShrinkAsync(failing, exception.InnerException ?? exception);
            var shortest = string.Join("\n- ", commands.AsEnumerable());
            throw new XunitException($"{exception.Message}\n\nThe shortest that fails:\n- {shortest}\n\n{failure}", exception);
        }
    }

    [StoreFact]
    public Task A_prompt_that_is_released_says_again_why_its_last_attempt_failed() => RunAsync(
        run => run.SubmitAsync(New, 0), run => run.ClaimAsync(1), run => run.RequeueAsync(0, default),
        run => run.ClaimAsync(1), run => run.ReleaseAsync(0));

    [StoreFact]
    public Task A_prompt_is_claimed_though_one_that_was_deleted_just_before_it_came_still_runs() => RunAsync(
        run => run.SubmitAsync(New, 0), run => run.ClaimAsync(2), run => run.DeleteAsync(0),
        run => run.SubmitAsync(New, 0), run => run.ClaimAsync(2));

    [StoreFact]
    public Task A_cancelled_prompt_never_gets_what_came_of_one_that_was_deleted_just_before_it_came() => RunAsync(
        run => run.SubmitAsync(New, 0), run => run.ClaimAsync(1), run => run.DeleteAsync(0),
        run => run.SubmitAsync(New, 0), run => run.CancelAsync(0), run => run.StopAsync(0, hasPartial: true));

    /// <summary>Leaves out all commands that the failure does not need.</summary>
    private async Task<(StoreCommand[] Commands, Exception Failure)> ShrinkAsync(StoreCommand[] commands, Exception failure)
    {
        for (var at = commands.Length - 1; at >= 0; at = Math.Min(at, commands.Length) - 1)
        {
            StoreCommand[] fewer = [.. commands[..at], .. commands[(at + 1)..]];
            if (await Record.ExceptionAsync(() => RunAsync(fewer)) is { } still)
                (commands, failure, at) = (fewer, still, fewer.Length);
        }
        return (commands, failure);
    }

    private Task RunAsync(params Func<StoreRun, Task>[] commands) =>
        RunAsync([.. commands.Select(command => new StoreCommand("", command))]);

    private async Task RunAsync(StoreCommand[] commands)
    {
        var memory = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        var folder = Directory.CreateDirectory(Path.Combine(memory, $"ollama-proxy-{Guid.NewGuid():N}")).FullName;
        try
        {
            var time = new FakeTimeProvider(new DateTimeOffset(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));
            var run = new StoreRun(await OpenAsync(folder, time), time, store => ReopenAsync(store, folder, time));
            try
            {
                await run.RunAsync(commands);
            }
            finally
            {
                await CloseAsync(run.Store);
                await OnEndedAsync(folder);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task CloseAsync(IPromptStore store)
    {
        if (store is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
    }
}
