using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OllamaProxy.Simulator;
using OllamaProxy.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

public abstract partial class HomePageTests(ProxyHost host) : PageTests(host)
{
    private const string Question = "What is the capital of France?";

    private ILocator Field => ById("prompt");

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

    [BrowserFact]
    public async Task A_result_of_two_megabytes_is_shown_whole_and_can_be_copied()
    {
        var text = string.Concat(Enumerable.Range(0, 200_000).Select(n => $"line {n % 100:00}\n  "));
        await using var ollama = await RawOllama.StartAsync(async answer =>
        {
            await answer.SendHeadersAsync();
            foreach (var piece in text.Chunk(20_000))
                await answer.SendAsync(RawOllama.Line(new(piece)));
            await answer.SendAsync(RawOllama.Line("", done: true));
        });
        await UseAsync(ollama);
        await Page.GotoAsync("/");
        await QueueAsync(Question);

        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Expect(ById("result-note")).ToContainTextAsync("plain text");
        Assert.Equal(text, await ById("result").EvaluateAsync<string>("element => element.textContent"));
        await Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await ById("copy-result").ClickAsync();
        await Expect(ById("copy-result")).ToHaveTextAsync("Copied");
        Assert.Equal(text, await Page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }

    [BrowserTheory]
    [InlineData("# One\n### Three\n###### Six", "<h4>One</h4><h6>Three</h6><h6>Six</h6>")]
    [InlineData("plain *em* **strong** _em_ __strong__ ***both*** ~~gone~~ `co*de*`", "<p>plain <em>em</em> <strong>strong</strong> <em>em</em> <strong>strong</strong> <strong><em>both</em></strong> <del>gone</del> <code>co*de*</code></p>")]
    [InlineData("snake_case_name 2 * 3 * 4 \\*not\\*", "<p>snake_case_name 2 * 3 * 4 *not*</p>")]
    [InlineData("one\ntwo\n\nthree  \nfour", "<p>one\ntwo</p><p>three<br>four</p>")]
    [InlineData("- a\n- b\n  - c\n    1. d\n- [x] e", "<ul><li>a</li><li>b<ul><li>c<ol><li>d</li></ol></li></ul></li><li>☑ e</li></ul>")]
    [InlineData("3. a\n4. b\n\n   c", "<ol start=\"3\"><li>a</li><li>b<p>c</p></li></ol>")]
    [InlineData("> quoted\n> **more**\n\nafter", "<blockquote><p>quoted\n<strong>more</strong></p></blockquote><p>after</p>")]
    [InlineData("a\n\n---\n\nb", "<p>a</p><hr><p>b</p>")]
    [InlineData("[safe](https://a.example/b_(c) \"t\") [no](javascript:alert(1)) ![pic](https://a.example/p.png)", "<p><a href=\"https://a.example/b_(c)\" target=\"_blank\" rel=\"noopener noreferrer\">safe</a> [no](javascript:alert(1)) <a href=\"https://a.example/p.png\" target=\"_blank\" rel=\"noopener noreferrer\">pic</a></p>")]
    [InlineData("see https://a.example/x_y_z.", "<p>see <a href=\"https://a.example/x_y_z\" target=\"_blank\" rel=\"noopener noreferrer\">https://a.example/x_y_z</a>.</p>")]
    [InlineData("<b onclick=alert(1)>&amp;</b><script>alert(2)</script>", "<p>&lt;b onclick=alert(1)&gt;&amp;amp;&lt;/b&gt;&lt;script&gt;alert(2)&lt;/script&gt;</p>")]
    [InlineData("a | b", "<p>a | b</p>")]
    public async Task Markdown_becomes_elements(string text, string html)
    {
        await ShowAsync(text);
        Assert.Equal(html, await ById("result").InnerHTMLAsync());
    }

    [BrowserTheory]
    [InlineData("`")]
    [InlineData("`a")]
    [InlineData("*")]
    [InlineData("**a ")]
    [InlineData("_")]
    [InlineData("__a ")]
    [InlineData("~")]
    [InlineData("[")]
    [InlineData("[a](")]
    [InlineData(" ")]
    [InlineData("x ")]
    [InlineData(">")]
    [InlineData("- ")]
    [InlineData("1. ")]
    [InlineData("#")]
    [InlineData("|")]
    [InlineData("|-")]
    [InlineData("\n")]
    [InlineData("- a\n")]
    [InlineData("```a\n")]
    [InlineData("https://a")]
    [InlineData("\\")]
    public async Task A_model_that_repeats_itself_does_not_bring_the_page_to_a_halt(string repeated)
    {
        var text = $"- begins\n# begins\n| a | b |\n|---|---|\n{string.Concat(Enumerable.Repeat(repeated, 150_000 / repeated.Length))}x\n\nends";
        await ShowAsync(text);
        await Expect(ById("result")).ToContainTextAsync("ends");
        await Expect(ById("result")).ToHaveClassAsync("markdown");
        await ById("plain").ClickAsync();
        Assert.Equal(text, await ById("result").EvaluateAsync<string>("element => element.textContent"));
    }

    [BrowserFact]
    public async Task Code_is_kept_as_it_is_and_can_be_copied()
    {
        await ShowAsync("Look:\n```c#\nif (a < b)\n    **x** = `y`;\n\n# no heading\n```\nDone.");

        await Expect(Page.Locator("#result .code span")).ToHaveTextAsync("c#");
        Assert.Equal("if (a < b)\n    **x** = `y`;\n\n# no heading", await Page.Locator("#result code").TextContentAsync());
        await Expect(Page.Locator("#result p").Last).ToHaveTextAsync("Done.");
        await Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await Page.Locator("#result .code button").ClickAsync();
        Assert.Equal("if (a < b)\n    **x** = `y`;\n\n# no heading", await Page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }

    [BrowserFact]
    public async Task A_table_is_a_table()
    {
        await ShowAsync("| Name | Size |\n|:--|--:|\n| a \\| b | **1** |\n| c |\n\nafter");

        await Expect(Page.Locator("#result th")).ToHaveTextAsync(["Name", "Size"]);
        await Expect(Page.Locator("#result td")).ToHaveTextAsync(["a | b", "1", "c", ""]);
        await Expect(Page.Locator("#result td").Nth(1)).ToHaveCSSAsync("text-align", "right");
        await Expect(Page.Locator("#result > p")).ToHaveTextAsync("after");
    }

    [BrowserFact]
    public async Task An_answer_that_streams_in_looks_in_the_end_as_if_it_had_come_at_once()
    {
        const string text = "# Title\n\nSome *text*\nand more.\n\n- a\n- b\n  - c\n\nx | y\n--|--\n1 | 2\n\n```js\nlet a = 1;\n\nlet b;\n```\n> quote\n\n1. one\n2. two\n";
        await using var ollama = await RawOllama.StartAsync(async answer =>
        {
            await answer.SendHeadersAsync();
            foreach (var character in text)
            {
                await answer.SendAsync(RawOllama.Line(character.ToString()));
                await Task.Delay(answer.Prompt == "slow" ? 5 : 0);
            }
            await answer.SendAsync(RawOllama.Line("", done: true));
        });
        await UseAsync(ollama);
        await Page.GotoAsync("/");
        await QueueAsync("slow");
        await Expect(ById("status")).ToHaveTextAsync("completed");
        var streamed = await ById("result").InnerHTMLAsync();

        await Page.ReloadAsync();
        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Expect(ById("result")).ToContainTextAsync("two");
        Assert.Equal(streamed, await ById("result").InnerHTMLAsync());
        await ById("plain").ClickAsync();
        Assert.Equal(text, await ById("result").TextContentAsync());
    }

    /// <summary>Shows a prompt with this result.</summary>
    private async Task ShowAsync(string text)
    {
        await using var ollama = await RawOllama.StartAsync(answer => answer.SendAsync(RawOllama.Line(text, done: true)));
        await UseAsync(ollama);
        var id = await Proxy.SubmitAsync(new { prompt = Question });
        await Proxy.ResultAsync(id);
        await Page.GotoAsync($"/?id={id}");
        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Expect(ById("result-title")).ToHaveTextAsync("Result");
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

    private async Task QueueAsync(string prompt)
    {
        await Field.FillAsync(prompt);
        await ById("submit").ClickAsync();
    }

    [GeneratedRegex(@"/\?id=[0-9a-f-]{36}$")]
    private static partial Regex OfAPrompt();

    public sealed class OnServer() : HomePageTests(ProxyHosts.Server);

    public sealed class OnFunctions() : HomePageTests(ProxyHosts.Functions);
}
