using System.Text.Json;
using Microsoft.Playwright;
using OllamaProxy.Tests.Api.OpenApi;
using OllamaProxy.Tests.Pages.Browser;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>The page that shows the API.</summary>
public sealed class DocsPageTests : PageTests
{
    private static readonly int Count = OpenApiDocument.Operations.Count + OpenApiDocument.Webhooks.Count;

    private ILocator Operations => Page.Locator(".operation:visible");

    [BrowserFact]
    public async Task Every_operation_and_every_event_is_listed_and_each_opens()
    {
        await Page.GotoAsync("/docs");
        await Expect(Operations).ToHaveCountAsync(Count);
        var listed = await Page.Locator(".operation > summary").EvaluateAllAsync<string[]>(
            "all => all.map(one => `${one.querySelector('.method').textContent} ${one.querySelector('.path').textContent}`)");
        Assert.Equal(
            OpenApiDocument.Operations.Select(operation => $"{operation.Method} {operation.Path}")
                .Concat(OpenApiDocument.Webhooks.Select(type => $"POST {type}")).Order(StringComparer.Ordinal),
            listed.Order(StringComparer.Ordinal));

        // Everything in them, too, however deep.
        await Page.EvaluateAsync(
            """
            async () => {
              for (let closed; (closed = document.querySelectorAll('#operations details:not([open])')).length > 0;) {
                for (const details of closed) details.open = true;
                await new Promise(resolve => setTimeout(resolve));
              }
            }
            """);
        await Expect(Page.Locator(".curl code")).ToHaveCountAsync(OpenApiDocument.Operations.Count);
        await Expect(Page.Locator("#operations")).Not.ToContainTextAsync("undefined");
        await Expect(Page.Locator("#operations")).Not.ToContainTextAsync("[object");
        await ExpectNoSidewaysScrollingAsync(320);
        await ExpectNoSidewaysScrollingAsync(1280);
    }

    [BrowserFact]
    public async Task An_operation_says_what_it_takes_and_what_it_answers_and_its_command_works()
    {
        await Page.GotoAsync("/docs#submitPrompt");
        var operation = ById("submitPrompt");
        await Expect(operation.Locator("h3")).ToHaveTextAsync(["Parameters", "Body", "Answers"]);
        await Expect(operation).ToContainTextAsync("at least -100, at most 100, 0 if left out");
        await Expect(operation).ToContainTextAsync("Where to ask for the status; a path on this server.");

        var command = await operation.Locator(".curl code").TextContentAsync();
        var body = command!.Split(" -d '")[1].TrimEnd('\'');
        Assert.StartsWith($"curl -X POST '{new Uri(Page.Url).GetLeftPart(UriPartial.Authority)}/api/v1/prompt' ", command,
            StringComparison.Ordinal);
        await Proxy.ResultAsync(await Proxy.SubmitAsync(JsonElement.Parse(body)));
    }

    [BrowserFact]
    public async Task An_event_says_what_is_posted_and_what_its_receiver_may_answer()
    {
        await Page.GotoAsync("/docs#batchCompleted");
        var posted = ById("batchCompleted");
        await Expect(posted.Locator("h3")).ToHaveTextAsync(["Parameters", "Body", "Answers of the receiver"]);
        await Expect(posted).ToContainTextAsync("webhook-signature");
        await Expect(posted).ToContainTextAsync("always \"batch.completed\"");
        await Expect(posted).ToContainTextAsync("2XX Any 2xx: the receiver has the event.");
        await Expect(posted.Locator(".curl")).ToHaveCountAsync(0);
        await Expect(posted).Not.ToContainTextAsync("it needs no key");
    }

    [BrowserFact]
    public async Task The_filter_leaves_what_has_all_of_its_words()
    {
        await Page.GotoAsync("/docs");
        var filter = Page.GetByRole(AriaRole.Searchbox, new() { Name = "Filter the operations" });
        await filter.FillAsync("DELETE  message");
        await Expect(Operations).ToHaveCountAsync(1);
        await Expect(Operations).ToContainTextAsync("/v1/messages/batches/{id}");
        await Expect(ById("found")).ToHaveTextAsync($"1 of {Count} operations");
        await Expect(Page.GetByRole(AriaRole.Heading, new() { Name = "Message batches" })).ToBeVisibleAsync();
        await Expect(Page.GetByRole(AriaRole.Heading, new() { Name = "Prompts" })).ToBeHiddenAsync();

        await filter.FillAsync("nothing has this");
        await Expect(ById("none")).ToBeVisibleAsync();
        await filter.FillAsync("");
        await Expect(Operations).ToHaveCountAsync(Count);
    }

    [BrowserFact]
    public async Task It_is_read_by_keyboard_alone()
    {
        await Page.GotoAsync("/docs");
        await Expect(ById("found")).ToContainTextAsync("operations");
        await ById("filter").FocusAsync();
        await Page.Keyboard.TypeAsync("getStats");
        await Expect(Operations).ToHaveCountAsync(1);
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.Locator("#getStats .details")).ToContainTextAsync("last_5_minutes");
        await Page.Keyboard.PressAsync("Tab");
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Copy" })).ToBeFocusedAsync();
    }
}
