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
        foreach (var key in new[] { "Tab", "Tab", "Tab", "Tab" })
            await Page.Keyboard.PressAsync(key);
        await Expect(Field).ToBeFocusedAsync();

        await Page.Keyboard.TypeAsync("the first");
        await Page.Keyboard.PressAsync("Control+Enter");
        await ExpectResultOfAsync("the first");

        await Page.Keyboard.TypeAsync("the second");
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.PressAsync("Enter");
        await ExpectResultOfAsync("the second");
        await Expect(ById("submit")).ToBeFocusedAsync();
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
        Assert.Equal(["GET /"], Requests);
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
            await Expect(ById("failure")).ToContainTextAsync($"There is no prompt with the id “{id}”.");
        }
    }

    [BrowserFact]
    public async Task A_prompt_that_runs_is_followed_through_a_lost_connection()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await Expect(ById("status")).ToHaveTextAsync("processing");
        await Expect(ById("progress")).ToContainTextAsync("Running");

        await SetOfflineAsync(true);
        await Expect(ById("connection")).ToContainTextAsync("Connection lost");
        await Proxy.Ollama.RefuseAsync();
        await Proxy.Ollama.AcceptAsync();
        await SetOfflineAsync(false);

        await ExpectResultOfAsync(Question);
        await Expect(ById("connection")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task A_prompt_that_could_not_be_sent_stays_in_the_field()
    {
        await Page.GotoAsync("/");

        await SetOfflineAsync(true);
        await QueueAsync(Question);
        await Expect(ById("message")).ToContainTextAsync("Your text is still here.");
        await Expect(Field).ToHaveValueAsync(Question);
        await SetOfflineAsync(false);
        await ById("submit").ClickAsync();

        await ExpectResultOfAsync(Question);
        await Expect(ById("message")).ToBeHiddenAsync();
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
