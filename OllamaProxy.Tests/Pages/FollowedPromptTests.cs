using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Pages.Browser;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>How the home page shows a prompt while it waits, runs and ends.</summary>
public sealed class FollowedPromptTests : PageTests
{
    [BrowserFact]
    public async Task A_model_that_is_not_there_is_told_with_the_command_that_downloads_it()
    {
        var id = await Proxy.SubmitAsync(new { prompt = Question, model = "nosuch" });

        await Page.GotoAsync($"/?id={id}");

        await Expect(ById("status")).ToHaveTextAsync("failed");
        await Expect(ById("error")).ToHaveTextAsync("model 'nosuch' not found");
        await Expect(ById("pull")).ToHaveTextAsync("ollama pull nosuch");
        await Expect(ById("answer")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task A_prompt_that_failed_half_way_shows_the_error_and_what_had_arrived()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.ErrorLine(5, "an unknown error was met"));
        var id = await Proxy.SubmitAsync(new { prompt = Question, max_attempts = 1 });

        await Page.GotoAsync($"/?id={id}");

        await Expect(ById("error")).ToContainTextAsync("an unknown error was met");
        await Expect(ById("pull-hint")).ToBeHiddenAsync();
        await Expect(ById("result-title")).ToHaveTextAsync("Partial result");
        await Expect(ById("result")).ToHaveTextAsync(string.Concat(Simulation.TokensOf(Question, 5)));
    }

    [BrowserFact]
    public async Task An_unknown_id_is_told()
    {
        Expecting("404");
        foreach (var id in new[] { $"{Guid.NewGuid()}", "nope" })
        {
            await Page.GotoAsync($"/?id={id}");
            await Expect(ById("failure")).ToContainTextAsync($"There is no prompt with the id '{id}'.");
        }
    }

    [BrowserFact]
    public async Task Tokens_stream_in_and_a_reload_goes_on_with_them()
    {
        var token = new SemaphoreSlim(0);
        await using var ollama = await RawOllama.StartAsync(async answer =>
        {
            await answer.SendHeadersAsync();
            foreach (var word in (string[])["one", " two", " three", " four"])
            {
                await token.WaitAsync(answer.Gone);
                await answer.SendAsync(RawOllama.Line(word));
            }
            await answer.SendAsync(RawOllama.Line("", done: true));
        });
        await UseAsync(ollama);
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await Expect(ById("status")).ToHaveTextAsync("processing");
        token.Release();
        await Expect(ById("result")).ToHaveTextAsync("one");
        token.Release();
        await Expect(ById("result")).ToHaveTextAsync("one two");
        await Expect(ById("result-title")).ToHaveTextAsync("Answer, so far");

        await Page.ReloadAsync();
        await Expect(ById("result")).ToHaveTextAsync("one two");
        token.Release();
        await Expect(ById("result")).ToHaveTextAsync("one two three");
        token.Release();
        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Expect(ById("result")).ToHaveTextAsync("one two three four");
    }

    [BrowserFact]
    public async Task Who_reads_the_end_of_the_answer_is_kept_there_and_who_scrolls_away_is_left_alone()
    {
        var more = new SemaphoreSlim(0);
        await using var ollama = await RawOllama.StartAsync(async answer =>
        {
            await answer.SendHeadersAsync();
            for (var line = 1; ; line++)
            {
                await more.WaitAsync(answer.Gone);
                await answer.SendAsync(RawOllama.Line($"line {line}\n\n"));
            }
        });
        await UseAsync(ollama);
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        more.Release(40);
        await Expect(ById("result")).ToContainTextAsync("line 40");
        await Expect(Page.GetByText("line 40", new() { Exact = true })).ToBeInViewportAsync();

        await Page.EvaluateAsync("scrollTo(0, 0)");
        more.Release(1);
        await Expect(ById("result")).ToContainTextAsync("line 41");
        Assert.Equal(0, await Page.EvaluateAsync<int>("scrollY"));
    }

    [BrowserFact]
    public async Task A_prompt_that_runs_is_followed_through_a_lost_connection()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Stall(4));
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await Expect(ById("result")).ToHaveTextAsync("This is the Simulator,");
        await Expect(ById("progress")).ToContainTextAsync("Running");

        await CutNetworkAsync();
        await Expect(ById("connection")).ToContainTextAsync("Connection lost");
        await Proxy.Ollama.RefuseAsync();
        await Proxy.Ollama.AcceptAsync();
        MendNetwork();

        await ExpectResultOfAsync(Question);
        await Expect(ById("connection")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task A_prompt_is_followed_through_a_restart_of_the_proxy()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Stall(4));
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await Expect(ById("result")).ToHaveTextAsync("This is the Simulator,");

        await RestartProxyAsync();

        await ExpectResultOfAsync(Question);
        await Expect(ById("connection")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task A_hidden_page_closes_its_stream_and_goes_on_when_it_is_shown_again()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Stall(4));
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await Expect(ById("result")).ToHaveTextAsync("This is the Simulator,");
        var closed = Page.WaitForRequestFinishedAsync(new() { Predicate = request => request.Url.Contains("/stream") });
        var failed = new TaskCompletionSource();
        Page.RequestFailed += (_, request) => { if (request.Url.Contains("/stream")) failed.TrySetResult(); };

        await SetHiddenAsync(true);
        await Task.WhenAny(closed, failed.Task).WaitAsync(TimeSpan.FromSeconds(30));
        await Proxy.Ollama.RefuseAsync();
        await Proxy.Ollama.AcceptAsync();
        Assert.Equal(
            "completed", (await Proxy.ResultAsync(await ById("prompt-link").TextContentAsync() ?? "")).GetProperty("status").GetString());
        await Expect(ById("result")).ToHaveTextAsync("This is the Simulator,");
        await SetHiddenAsync(false);

        await ExpectResultOfAsync(Question);
    }

    [BrowserFact]
    public async Task A_waiting_prompt_shows_its_place_and_can_be_cancelled_and_retried()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        var first = await Proxy.SubmitAsync(new { prompt = "hangs" });
        await Proxy.StatusWhenAsync(first, status => status.GetProperty("status").GetString() == "processing");
        var second = await Proxy.SubmitAsync(new { prompt = "goes away" });
        await Page.GotoAsync("/");
        await QueueAsync(Question);

        await Expect(ById("progress")).ToContainTextAsync("Number 2 in the queue");
        using (await Proxy.Client.PostAsync($"/api/v1/prompt/{second}/cancel", null))
            await Expect(ById("progress")).ToContainTextAsync("Number 1 in the queue");
        await ById("cancel").ClickAsync();
        await Expect(ById("status")).ToHaveTextAsync("cancelled");
        await Expect(ById("cancel")).ToBeHiddenAsync();
        await ById("retry").ClickAsync();
        await Expect(ById("status")).ToHaveTextAsync("queued");
        using (await Proxy.Client.PostAsync($"/api/v1/prompt/{first}/cancel", null))
            await ExpectResultOfAsync(Question);
        await Expect(ById("failure")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task A_prompt_that_is_deleted_while_it_is_watched_is_told()
    {
        Expecting("404");
        Proxy.Ollama.Faults.Enqueue(Fault.Stall(2));
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await Expect(ById("result")).ToHaveTextAsync("This is");

        using var deleted = await Proxy.Client.DeleteAsync($"/api/v1/prompt/{await ById("prompt-link").TextContentAsync()}");

        await Expect(ById("failure")).ToContainTextAsync("was deleted");
    }

    [BrowserFact]
    public async Task Two_browsers_see_the_same_prompt_at_once()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Stall(5));
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await Expect(ById("result")).ToHaveTextAsync("This is the Simulator, not");

        var other = await NewPageAsync();
        await other.GotoAsync($"/?id={await ById("prompt-link").TextContentAsync()}");
        await Expect(other.Locator("#result")).ToHaveTextAsync("This is the Simulator, not");
        await Expect(other.Locator("#recent")).ToBeHiddenAsync();
        await other.Locator("#cancel").ClickAsync();

        await Expect(ById("status")).ToHaveTextAsync("cancelled");
        await Expect(other.Locator("#status")).ToHaveTextAsync("cancelled");
        await Expect(ById("result-title")).ToHaveTextAsync("Partial result");
    }
}
