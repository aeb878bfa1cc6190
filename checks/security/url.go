package security

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var tokenInURL = &checks.Check{
	ID:     "security/token-in-url",
	Title:  "A credential should not travel in the URL",
	Level:  checks.Advice,
	Clause: checks.RFC("9110", "17.9", "Many servers, proxies, and user agents log or display the target URI in places where it might be visible to third parties."),
	Since:  "0.3",
	Doc: `
An EventSource cannot set Authorization, so people put the token into the query. There it ends up in access logs,
in histories and in what monitoring shows, and is good for as long as it is valid.

Judged by the names of the parameters, so this is advice. A ticket that works once is not flagged, nor are page and
sync tokens, keys that sort or route, and signatures, which open one address for a while. How long a token is valid
cannot be seen from here.`,
	Fix:   "Send a cookie (EventSource with withCredentials), set Authorization with a reader made of fetch(), or hand out tickets that work once.",
	Good:  "GET /stream?topic=sea\n",
	Bad:   "GET /stream?access_token=***\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Fetch, wire.Again},
	When:  []checks.Condition{answerCame},
	Judge: judgeTokenInURL,
}

func judgeTokenInURL(ev *checks.Evidence) checks.Outcome {
	var found []checks.Finding
	seen := 0
	for _, v := range ev.Exhibit(wire.Control).Views {
		for _, name := range parameters(v.Request.URL) {
			if seen++; isCredential(name) {
				found = checks.AddOnce(found, v.AtField(-1, fmt.Sprintf("the query parameter %.40q looks like a credential: it stays in logs and histories, for whoever reads them", name)))
			}
		}
	}
	switch {
	case seen == 0:
		return checks.Unconcerned("the URL has no query")
	case found == nil:
		return checks.Held(seen, "query parameters: %d, none named like a credential", seen)
	case ev.Control().Status != 200:
		return checks.Unseen("a query parameter looks like a credential, and the request %s", answered(ev.Control()))
	}
	for _, s := range []wire.Scene{wire.Fetch, wire.Again} {
		switch v := ev.View(s); {
		case v == nil || failing(v):
			continue
		case refused(v):
			return checks.Unconcerned("the credential in the URL worked once: a second request %s", answered(v))
		case v.Status == 200:
			return checks.Broke(seen, found...)
		}
	}
	return checks.Unseen("a query parameter looks like a credential, and whether it works more than once was not seen")
}

// parameters returns the names in a URL's query whose value is not empty.
func parameters(raw string) []string {
	_, query, _ := strings.Cut(raw, "?")
	var names []string
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); value != "" {
			names = append(names, name)
		}
	}
	return names
}

// credentialNames are parameters that are credentials as a rule, without case, hyphens and underscores.
var credentialNames = strings.Fields(`token accesstoken authtoken idtoken refreshtoken sessiontoken apitoken bearertoken usertoken jwt bearer
	secret clientsecret appsecret apisecret password passwd apikey xapikey accesskey authkey secretkey privatekey subscriptionkey key
	auth authorization xauth xaccesstoken xauthtoken`)

func isCredential(name string) bool {
	return slices.Contains(credentialNames, strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name)))
}
