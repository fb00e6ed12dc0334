using System.Text;
using System.Text.RegularExpressions;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;

using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

public sealed partial class HomePageTests : PageTests
{
    [BrowserFact]
    public async Task The_keyboard_is_enough()
    {
        await Page.GotoAsync("/");
        await TabToAsync("prompt");
        await Page.Keyboard.TypeAsync("the first");
        await Page.Keyboard.PressAsync("Control+Enter");
        await ExpectResultOfAsync("the first");

        await Page.Keyboard.TypeAsync("the second");
        await TabToAsync("submit");
        await Page.Keyboard.PressAsync("Enter");
        await ExpectResultOfAsync("the second");
        await Expect(ById("submit")).ToBeFocusedAsync();

        await TabToAsync("ask-again");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Field).ToBeFocusedAsync();
        await Expect(Field).ToHaveValueAsync("the second");

        Proxy.Ollama.Faults.Enqueue(Fault.Stall(3));
        await Page.Keyboard.PressAsync("Control+Enter");
        await Expect(ById("result")).ToHaveTextAsync("This is the");
        await TabToAsync("cancel");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(ById("status")).ToHaveTextAsync("cancelled");
        await Expect(ById("followed-title")).ToBeFocusedAsync();
        await TabToAsync("retry");
        await Page.Keyboard.PressAsync("Enter");
        await ExpectResultOfAsync("the second");
    }

    [BrowserFact]
    public async Task A_queued_prompt_has_an_address_that_reload_back_and_forward_open_again()
    {
        await Page.GotoAsync("/");
        foreach (var prompt in new[] { "the first", "the second" })
        {
            await QueueAsync(prompt);
            await ExpectResultOfAsync(prompt);
            await Expect(ById("prompt-text")).ToHaveTextAsync(prompt);
            await Expect(Field).ToHaveValueAsync("");
            await Expect(Page).ToHaveURLAsync(OfAPrompt());
        }

        await Page.ReloadAsync();
        await ExpectResultOfAsync("the second");
        await Page.GoBackAsync();
        await ExpectResultOfAsync("the first");
        await Page.GoBackAsync();
        await Expect(ById("followed")).ToBeHiddenAsync();
        await Page.GoForwardAsync();
        await ExpectResultOfAsync("the first");
    }

    [BrowserFact]
    public async Task A_blank_prompt_is_not_sent()
    {
        await Page.GotoAsync("/");

        await QueueAsync(" \n\t ");

        await Expect(ById("message")).ToHaveTextAsync("Write a prompt first, then queue it.");
        await Expect(Field).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("Control+Enter");
        await Field.FillAsync("not blank");
        await Expect(ById("message")).ToBeHiddenAsync();
        Assert.DoesNotContain(Requests, request => request.StartsWith("POST", StringComparison.Ordinal));
    }

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
    public async Task A_prompt_that_could_not_be_sent_stays_in_the_field()
    {
        await Page.GotoAsync("/");

        await CutNetworkAsync();
        await QueueAsync(Question);
        await Expect(ById("message")).ToContainTextAsync("Your text is still here.");
        await Expect(Field).ToHaveValueAsync(Question);
        MendNetwork();
        await ById("submit").ClickAsync();

        await ExpectResultOfAsync(Question);
        await Expect(ById("message")).ToBeHiddenAsync();
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
        Assert.Equal("completed", (await Proxy.ResultAsync(await ById("prompt-link").TextContentAsync() ?? "")).GetProperty("status").GetString());
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

    [BrowserFact]
    public async Task Settings_go_with_the_prompt_and_come_back_when_it_is_asked_again()
    {
        await Page.GotoAsync("/");
        await Page.GetByText("Settings").ClickAsync();
        await ById("model").SelectOptionAsync("tiny");
        await ById("system").FillAsync("Be brief.");
        await ById("temperature").FillAsync("0.5");
        await ById("num_predict").FillAsync("3");
        await ById("priority").FillAsync("7");
        await ById("think").SelectOptionAsync("true");
        await ById("options").FillAsync("{\"top_k\": 40}");
        await QueueAsync(Question);
        await Expect(ById("result")).ToHaveTextAsync("This is the");
        await Expect(ById("result-note")).ToContainTextAsync("cut short");
        await Expect(ById("thinking-details")).Not.ToHaveAttributeAsync("open", "");
        await Page.GetByText("Thinking", new() { Exact = true }).Last.ClickAsync();
        await Expect(ById("thinking")).ToContainTextAsync("Nothing here thinks.");

        Assert.Equal("""{"prompt":"What is the capital of France?","model":"tiny","system":"Be brief.","think":true,"options":{"top_k":40,"temperature":0.5,"num_predict":3},"stream":true}""",
            Encoding.UTF8.GetString(Proxy.Ollama.Requests.All.Single().Body.Span));
        Assert.Equal(7, (await Proxy.GetAsync("/api/v1/prompts")).GetProperty("prompts")[0].GetProperty("priority").GetInt32());

        await Page.ReloadAsync();
        await ById("ask-again").ClickAsync();
        await Expect(Field).ToHaveValueAsync(Question);
        await Expect(ById("model")).ToHaveValueAsync("tiny");
        await Expect(ById("num_predict")).ToHaveValueAsync("3");
        await Expect(ById("options")).ToHaveValueAsync("{\"top_k\":40}");
        await ById("options").FillAsync("top_k");
        await ById("submit").ClickAsync();
        await Expect(ById("message")).ToContainTextAsync("More options must be a JSON object");
        await Expect(ById("options")).ToBeFocusedAsync();
    }

    [BrowserFact]
    public async Task A_setting_that_is_no_good_is_told_in_the_servers_words()
    {
        Expecting("400");
        await Page.GotoAsync("/");
        await Page.GetByText("Settings").ClickAsync();
        await ById("priority").FillAsync("101");
        await QueueAsync(Question);

        await Expect(ById("message")).ToContainTextAsync("101");
        await Expect(Field).ToHaveValueAsync(Question);
    }

    [BrowserFact]
    public async Task The_last_prompts_are_remembered_until_they_are_to_be_forgotten()
    {
        await Page.GotoAsync("/");
        await Expect(ById("recent")).ToBeHiddenAsync();
        foreach (var prompt in new[] { "the first", "<img src=x onerror=alert(1)>" })
        {
            await QueueAsync(prompt);
            await ExpectResultOfAsync(prompt);
        }
        await Page.GotoAsync("/");
        await Expect(Page.Locator("#recent li a")).ToHaveTextAsync(["<img src=x onerror=alert(1)>", "the first"]);

        await Page.Locator("#recent li a").Nth(1).ClickAsync();
        await ExpectResultOfAsync("the first");
        await Expect(Page).ToHaveURLAsync(OfAPrompt());
        await ById("forget").ClickAsync();
        await Expect(ById("recent")).ToBeHiddenAsync();
        await Page.ReloadAsync();
        await ExpectResultOfAsync("the first");
        await Expect(ById("recent")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task A_browser_that_keeps_nothing_works_all_the_same()
    {
        await Page.AddInitScriptAsync("Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })");
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await ExpectResultOfAsync(Question);
    }

    [BrowserFact]
    public async Task A_banner_tells_that_Ollama_is_away_and_goes_when_it_is_back()
    {
        await Proxy.Ollama.RefuseAsync();
        await Page.Clock.InstallAsync();
        await Page.GotoAsync("/");
        await Expect(ById("banner-text")).ToContainTextAsync("Ollama cannot be reached");
        await Expect(ById("banner-command")).ToHaveTextAsync("ollama serve");

        await Proxy.Ollama.AcceptAsync();
        await Eventually.NotNull(async () =>
        {
            await Page.Clock.FastForwardAsync(30_000);
            return await ById("banner").IsHiddenAsync() ? "gone" : null;
        });
        await Expect(ById("model")).ToContainTextAsync("tiny");
    }

    [BrowserFact]
    public async Task A_banner_tells_that_the_model_is_not_installed()
    {
        await RestartProxyAsync(("OLLAMA_MODEL", "qwen3:8b"));
        await Page.GotoAsync("/");

        await Expect(ById("banner-text")).ToContainTextAsync("The model qwen3:8b is not installed.");
        await Expect(ById("banner-command")).ToHaveTextAsync("ollama pull qwen3:8b");
        await ById("model").SelectOptionAsync("tiny");
        await Expect(ById("banner")).ToBeHiddenAsync();
    }

    private async Task TabToAsync(string id)
    {
        for (var presses = 0; presses < 60; presses++)
        {
            if (await Page.EvaluateAsync<string>("document.activeElement.id") == id)
                return;
            await Page.Keyboard.PressAsync("Tab");
        }
        Assert.Fail($"Tab leads nowhere near #{id}.");
    }

    [GeneratedRegex(@"/\?id=[0-9a-f-]{36}$")]
    private static partial Regex OfAPrompt();
}
